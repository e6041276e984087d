use pipeline_config::{Environment, Field, Section, Shape};

use super::*;

const SECRET: &str = "s3/cr+t \"é\" A=";

#[test]
fn masks_every_form_of_a_secret() {
    let redactor = Redactor::default();
    redactor.add(&Secret::new(SECRET));
    let check = |text: &str| assert_eq!(redactor.redact(text), "<[REDACTED]>", "{text}");
    check(&format!("<{SECRET}>"));
    check("<s3%2Fcr%2Bt%20%22%C3%A9%22%20A%3D>");
    check("<s3%2fcr%2bt%20%22%c3%a9%22%20A%3d>");
    check("<s3%2Fcr%2Bt+%22%C3%A9%22+A%3D>");
    check("<s3/cr+t%20%22%C3%A9%22%20A=>");
    check(r#"<s3/cr+t \"é\" A=>"#);
    let encoded = general_purpose::STANDARD.encode(SECRET);
    assert!(!redactor.redact(&encoded).contains("czMv"), "{encoded}");
    assert!(matches!(redactor.redact("nothing here"), Cow::Borrowed(_)));
}

#[test]
fn data_keeps_numbers_and_words_that_hold_a_secret() {
    let redactor = Redactor::default();
    ["live", "4000", "Tok3n-of-mine"].iter().for_each(|secret| redactor.add(&Secret::new(*secret)));
    for (text, expected) in [
        (
            r#"[{"id":4000,"used":14000,"day":"4000-01-01"}]"#,
            r#"[{"id":4000,"used":14000,"day":"4000-01-01"}]"#,
        ),
        (r#"{"status":"delivered","is":"live"}"#, r#"{"status":"delivered","is":"live"}"#),
        ("?a=Tok3n-of-mine&b=xTok3n-of-mine", "?a=[REDACTED]&b=xTok3n-of-mine"),
        ("Tok3n-of-mine", "[REDACTED]"),
        ("éTok3n-of-mine Tok3n-of-mine.", "éTok3n-of-mine [REDACTED]."),
    ] {
        assert_eq!(redactor.redact_content(text), expected);
    }
    assert!(matches!(redactor.redact_content("nothing here"), Cow::Borrowed(_)));
}

#[test]
fn data_has_no_credential_that_is_surely_one_in_any_spelling() {
    let redactor = Redactor::default();
    for secret in ["aB3x/9f+Zq=1", "xoxb-1234567890-aB3x9fZq/1", "li_at=AQEDx9fFz2kLmN0pQ; lang=en"] {
        redactor.add(&Secret::new(secret));
    }
    for (text, expected) in [
        (r#"{"a":"aB3x\/9f+Zq=1","lang":"en"}"#, r#"{"a":"[REDACTED]","lang":"en"}"#),
        ("?a=aB3x%2f9f%2bZq=1&b", "?a=[REDACTED]&b"),
        (r#"{"a":"?t=xoxb-1234567890-aB3x9fZq\u002F1"}"#, r#"{"a":"?t=[REDACTED]"}"#),
        ("/botxoxb-1234567890-aB3x9fZq/1/x", "/bot[REDACTED]/x"),
        (r#"{"cookies":{"li_at":"AQEDx9fFz2kLmN0pQ"}}"#, r#"{"cookies":{"li_at":"[REDACTED]"}}"#),
    ] {
        assert_eq!(redactor.redact_content(text), expected, "{text}");
    }
    let login = general_purpose::STANDARD.encode("some-user:xoxb-1234567890-aB3x9fZq/1");
    assert!(redactor.redact_content(&format!("\"{login}\"")).contains(MASK), "{login}");
}

#[test]
fn parts_of_a_credential_are_masked_and_words_in_it_are_not() {
    let redactor = Redactor::default();
    redactor.add(&Secret::new("li_at=AQEDx9fFz2; token=admin; lang=en"));
    let said = "cookies: li_at (AQEDx9fFz2), token (admin), lang (en), administrator";
    let expected = "cookies: li_at ([REDACTED]), token ([REDACTED]), lang (en), administrator";
    assert_eq!(redactor.redact(said), expected);
    assert_eq!(redactor.redact_content(r#"["admin","AQEDx9fFz2"]"#), r#"["admin","[REDACTED]"]"#);
}

#[test]
fn an_address_keeps_no_credential_behind_other_letters() {
    let redactor = Redactor::default();
    ["live", "4000", "aB3x", "123456:ABC-d/f", "Tok3n-of-mine"]
        .iter()
        .for_each(|secret| redactor.add(&Secret::new(*secret)));
    for (text, expected) in [
        ("/bot123456:ABC-d/f/updates?is=live", "/bot[REDACTED]/updates?is=live"),
        ("/bot123456%3AABC-d%2Ff/4000", "/bot[REDACTED]/4000"),
        ("/bot123456:ABC-d%2ff/", "/bot[REDACTED]/"),
        ("xTok3n-of-mine9&aB3x&aB3xy", "x[REDACTED]9&[REDACTED]&aB3xy"),
    ] {
        assert_eq!(redactor.redact_address(text), expected);
    }
}

#[test]
fn what_may_be_the_key_of_a_project_is_kept_where_no_name_tells_of_a_credential() {
    const FIELDS: &[Field] = &[Field::optional("a", Shape::Text, "")];
    let variables = [("KEY", "WebShop2024"), ("API_TOKEN", "Tok3n-of-mine")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let reader = Reader::new(Environment::empty().with(variables));
    let node = reader.parse("p.yaml", "{ a: '${KEY} ${API_TOKEN}' }").unwrap();
    Section::read(&reader, &node, FIELDS);
    let redactor = Redactor::default();
    redactor.learn(&reader);
    for (name, value, expected) in [
        ("project", "WebShop2024", "WebShop2024"),
        ("key", "WebShop2024", "[REDACTED]"),
        ("project", "Tok3n-of-mine", "[REDACTED]"),
    ] {
        assert_eq!(redactor.redact_parameter(name, value), expected, "{name} {value}");
    }
    assert_eq!(redactor.redact_address("/WebShop2024/x"), "/[REDACTED]/x");
    assert_eq!(redactor.redact("of WebShop2024"), "of [REDACTED]");
}

#[test]
fn messages_keep_words_that_hold_a_secret() {
    let redactor = Redactor::default();
    ["live", "prod-eu-1", "2024", "x9f-Fz2"].iter().for_each(|secret| redactor.add(&Secret::new(*secret)));
    for (text, expected) in [
        ("delivered by prod-eu-12 in 20245", "delivered by prod-eu-12 in 20245"),
        ("live, prod-eu-1: 2024", "[REDACTED], [REDACTED]: [REDACTED]"),
        ("a=%20live&b=%3Dprod-eu-1", "a=%20[REDACTED]&b=%3D[REDACTED]"),
        (r#"\nlive \u0022live\""#, r#"\n[REDACTED] \u0022[REDACTED]\""#),
        ("zx9f-Fz22", "z[REDACTED]2"),
    ] {
        assert_eq!(redactor.redact(text), expected);
    }
}

#[test]
fn hexadecimal_digits_of_either_case_are_the_same() {
    let redactor = Redactor::default();
    ["9F8b-77aC-0d1e-4f22", "T0k-én"].iter().for_each(|secret| redactor.add(&Secret::new(*secret)));
    for text in ["9f8b-77ac-0d1e-4f22", "9F8B-77AC-0D1E-4F22", "54306b2dc3a96e", "54306B2DC3A96E"] {
        assert_eq!(redactor.redact(&format!("<{text}>")), "<[REDACTED]>", "{text}");
    }
}

#[test]
fn masks_a_credential_without_its_scheme_too() {
    let redactor = Redactor::default();
    redactor.add(&Secret::new("Basic bWU6aHVudGVyMg=="));
    assert_eq!(redactor.redact("bWU6aHVudGVyMg== Basic bWU6aHVudGVyMg=="), "[REDACTED] [REDACTED]");
}

#[test]
fn masks_a_password_in_the_login_of_any_user() {
    let redactor = Redactor::default();
    redactor.add(&Secret::new("hunter2-and-m0re"));
    for user in ["a", "bo", "eve", "other-user"] {
        for engine in [&general_purpose::STANDARD, &general_purpose::URL_SAFE] {
            let login = engine.encode(format!("{user}:hunter2-and-m0re"));
            let clean = redactor.redact(&login).into_owned();
            assert!(clean.contains(MASK) && clean.len() < MASK.len() + user.len() * 2 + 8, "{clean}");
        }
    }
}

#[test]
fn messages_have_no_secret_in_other_charsets_and_notations() {
    let redactor = Redactor::default();
    redactor.add(&Secret::new("pä&ss'w\"rd-9"));
    for spelled in [
        "pä&amp;ss&#39;w&quot;rd-9",
        r#"{\"a\":\"p\u00e4&ss'w\\\"rd-9\"}"#,
        r"b'p\xe4&ss\'w\x22rd-9'",
        "p\u{fffd}&ss'w\"rd-9",
        "p\u{c3}\u{a4}&ss'w\"rd-9",
        "p%c3%a4&ss'w%22rd-9",
    ] {
        let clean = redactor.redact(spelled);
        assert!(clean.contains(MASK) && !clean.contains("ss") && !clean.contains("rd"), "{spelled}: {clean}");
    }
}

#[test]
fn masks_the_lines_of_a_key_in_json() {
    let redactor = Redactor::default();
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQ";
    redactor.add(&Secret::new(format!(
        r#"{{"type":"service_account","key":"-----BEGIN-----\n{line}\n{line}+/9\n-----END-----\n"}}"#
    )));
    let clean = redactor.redact(&format!("line 2 is {line}, and service_account")).into_owned();
    assert_eq!(clean, "line 2 is [REDACTED], and service_account");
    assert_eq!(redactor.redact_content(&format!(r#"{{"a":"x\n{line}\ny"}}"#)), r#"{"a":"x\n[REDACTED]\ny"}"#);
}

#[test]
fn masks_the_longer_of_two_secrets_whole() {
    let redactor = Redactor::default();
    redactor.add(&Secret::new("hunter2"));
    let shared = redactor.clone();
    shared.add(&Secret::new("hunter2-and-more"));
    assert_eq!(redactor.redact("hunter2-and-more hunter2"), "[REDACTED] [REDACTED]");
}

#[test]
fn masks_a_key_line_by_line_and_leaves_short_values() {
    let redactor = Redactor::default();
    redactor.add(&Secret::new("-----BEGIN-----\nMIIEvQ\nabc\n"));
    redactor.add(&Secret::new("no"));
    assert_eq!(redactor.redact("MIIEvQ, nothing, abc"), "[REDACTED], nothing, abc");
    assert_eq!(format!("{redactor:?}").matches("MII").count(), 0);
}
