//! Keeps known secrets out of everything that is printed.

mod cut;
mod spelled;

use std::{
    borrow::Cow,
    fmt,
    io::Write,
    sync::{Arc, RwLock},
};

use base64::{Engine, engine::general_purpose};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline_config::{MASK, Reader, Secret, is_everyday, looks_like_credential, may_be_credential_name};

use crate::redacting_writer::RedactingWriter;

/// Shorter values are found everywhere: masking them would hide the text around and tell the value by its absence.
const MIN_LENGTH: usize = 4;

/// Schemes whose credentials are one word (RFC 7617, RFC 6750).
const SCHEMES: [&str; 2] = ["Basic", "Bearer"];

/// What may stay unencoded in a path or query (RFC 3986 §2.3 names the four marks).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What even a lenient encoder replaces.
const LENIENT: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'%');

/// The secrets seen so far; clones share them.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Known>>);

/// All forms of them.
#[derive(Default)]
struct Known {
    secrets: Vec<Form>,
    /// Of values that may be secrets: messages do without them, and data keeps them.
    suspects: Vec<Form>,
}

/// One way to write a secret.
#[derive(PartialEq, Eq)]
struct Form {
    text: String,
    /// Whether other words may hold it, as `delivered` does `live`.
    is_word: bool,
    /// Whether it is the secret itself, and not what an encoder makes of it.
    is_plain: bool,
    degree: Degree,
}

/// How sure it is that a value is a secret, for all that names say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Degree {
    Sure,
    /// It may be the key of something that rows are made of.
    Likely,
    /// The same, and it stands in the file.
    Written,
}

impl Redactor {
    /// Masks `secret` from now on: as it is, percent-encoded, in base64 (also behind another user's name), and inside JSON, HTML and
    /// what other programs escape.
    ///
    /// Values of fewer than four bytes are not masked.
    pub fn add(&self, secret: &Secret) {
        let value = secret.expose();
        // What stands behind the scheme of an `Authorization` header is the secret part of it.
        let bare = value.split_once(' ').filter(|(scheme, _)| SCHEMES.contains(scheme)).map(|(_, bare)| bare);
        let mut known = self.0.write().expect("no one panics while holding the secrets");
        for text in [Some(value), bare].into_iter().flatten().chain(lines(value)) {
            keep(&mut known.secrets, (text, Degree::Sure));
        }
    }

    /// Masks a value in messages that may be a secret, such as what a variable holds whose name says nothing.
    pub fn add_suspect(&self, value: &Secret) {
        let mut known = self.0.write().expect("no one panics while holding the secrets");
        keep(&mut known.suspects, (value.expose(), Degree::Likely));
    }

    /// Masks what reading the files of a pipeline has found. What is called a secret and looks like a word, a number or a time may
    /// stand in data for other reasons: only messages do without it, where it is a whole word.
    pub fn learn(&self, reader: &Reader) {
        for secret in reader.secrets() {
            match looks_like_credential(secret.expose()) {
                true => self.add(&secret),
                false => self.add_suspect(&secret),
            }
        }
        let likely = reader.likely_secrets().into_iter().map(|secret| (secret, Degree::Likely));
        let written = reader.written_secrets().into_iter().map(|secret| (secret, Degree::Written));
        for (secret, degree) in likely.chain(written) {
            match looks_like_credential(secret.expose()) {
                true => {
                    let mut known = self.0.write().expect("no one panics while holding the secrets");
                    keep(&mut known.secrets, (secret.expose(), degree));
                }
                false => self.add_suspect(&secret),
            }
        }
        reader.suspects().iter().for_each(|value| self.add_suspect(value));
    }

    /// `text` with every known secret replaced by `[REDACTED]`, and what is left of one where the text was clipped.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.0.read().expect("no one panics while holding the secrets");
        let mut clean = Cow::Borrowed(text);
        for form in known.secrets.iter().chain(&known.suspects) {
            let changed = match form.is_word {
                true => without_word(&clean, &form.text),
                false => clean.contains(&form.text).then(|| clean.replace(&form.text, MASK)),
            };
            clean = changed.map_or(clean, Cow::Owned);
        }
        let forms = || known.secrets.iter().chain(&known.suspects);
        clean = without_spelled(&clean, forms()).map_or(clean, Cow::Owned);
        if clean.contains(cut::ELLIPSIS) {
            for form in forms().filter(|form| !form.is_word) {
                clean = cut::without_parts(&clean, &form.text, MASK).map_or(clean, Cow::Owned);
            }
        }
        clean
    }

    /// The same for what is data and no message: values that only may be secrets stay, and so do secrets that are numbers, or
    /// that are a part of a longer word, and what the file has as the key of something. What is JSON stays JSON.
    pub fn redact_content<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.0.read().expect("no one panics while holding the secrets");
        let is_number = |form: &&Form| form.text.parse::<f64>().is_ok();
        let mut clean = Cow::Borrowed(text);
        let is_kept = |form: &&Form| is_number(form) || form.degree == Degree::Written;
        for form in known.secrets.iter().filter(|form| !is_kept(form)) {
            clean = without_word(&clean, &form.text).map_or(clean, Cow::Owned);
        }
        clean
    }

    /// The same for an address: a credential may stand there right behind other letters
    /// (`/bot123:abc/updates`), and no row is made of it. What rows may be made of is kept: numbers and everyday words.
    pub fn redact_address<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.redact_where(text, |_| true)
    }

    /// The same for the value of a parameter in an address. What only may be a credential, such as the value of a variable `KEY`, is kept
    /// where the name of the parameter says nothing of one: rows may be made of it.
    pub fn redact_parameter<'t>(&self, name: &str, value: &'t str) -> Cow<'t, str> {
        let is_likely = may_be_credential_name(name);
        self.redact_where(value, |form| is_likely || form.degree == Degree::Sure)
    }

    fn redact_where<'t>(&self, text: &'t str, counts: impl Fn(&Form) -> bool) -> Cow<'t, str> {
        let known = self.0.read().expect("no one panics while holding the secrets");
        let forms = || known.secrets.iter().filter(|form| !form.is_word && counts(form));
        let mut clean = Cow::Borrowed(text);
        for form in forms() {
            let changed = match looks_like_credential(&form.text) {
                true => clean.contains(&form.text).then(|| clean.replace(&form.text, MASK)),
                false => without_word(&clean, &form.text),
            };
            clean = changed.map_or(clean, Cow::Owned);
        }
        let spelled: Vec<&Form> = forms().collect();
        without_spelled(&clean, spelled.into_iter()).map_or(clean, Cow::Owned)
    }

    /// A writer that redacts each line before it reaches `inner`.
    pub fn writer<W: Write>(&self, inner: W) -> RedactingWriter<W> {
        RedactingWriter::new(self.clone(), inner)
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.0.read().expect("no one panics while holding the secrets");
        write!(f, "Redactor({} forms)", known.secrets.len() + known.suspects.len())
    }
}

/// `text` with a mask in the place of `word`, where no letter or digit stands before or behind it; `None` if it is nowhere.
fn without_word(text: &str, word: &str) -> Option<String> {
    let is_free = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    let is_free_before = |before: &str| is_free(before.chars().next_back()) || ends_with_escape(before);
    let (mut clean, mut end) = (String::new(), 0);
    for (start, _) in text.match_indices(word) {
        let (before, behind) = (&text[..start], &text[start + word.len()..]);
        if is_free_before(before) && is_free(behind.chars().next()) {
            clean.push_str(&text[end..start]);
            clean.push_str(MASK);
            end = start + word.len();
        }
    }
    (end > 0).then(|| clean + &text[end..])
}

/// Whether a text ends with a character as addresses (`%20`) or JSON (`\n`, `\u0022`) write it.
fn ends_with_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_after = |sign: &[u8], n_digits: usize| {
        let digits = bytes.len().checked_sub(n_digits).map(|at| &bytes[at..]);
        let before = bytes.len().checked_sub(n_digits + sign.len()).map(|at| &bytes[at..]);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            && before.is_some_and(|before| before.starts_with(sign))
    };
    is_after(b"%", 2)
        || is_after(b"\\u", 4)
        || [r"\n", r"\r", r"\t"].iter().any(|escape| text.ends_with(escape))
}

/// `text` without secrets of which some characters are written in another way.
fn without_spelled<'f>(text: &str, forms: impl Iterator<Item = &'f Form> + Clone) -> Option<String> {
    let is_sure = |form: &&Form| form.is_plain && looks_like_credential(&form.text);
    spelled::without_spelled(text, forms.filter(is_sure).map(|form| form.text.as_str()), MASK)
}

/// Lines are printed one at a time, so a key of several lines is also masked line by line; in JSON it has `\n` between them.
fn lines(value: &str) -> impl Iterator<Item = &str> {
    const MIN_OF_ESCAPED: usize = 20;
    let is_base64 = |line: &str| line.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(&b));
    let written = value.lines().filter(|_| value.contains('\n')).map(str::trim);
    let escaped = value.split(r"\n").filter(|_| value.contains(r"\n"));
    let pieces = escaped.flat_map(|piece| piece.split(['"', '\\', ' ', '\n']));
    written.chain(pieces.filter(move |piece| piece.len() >= MIN_OF_ESCAPED && is_base64(piece)))
}

fn keep(known: &mut Vec<Form>, (value, degree): (&str, Degree)) {
    for (index, text) in forms(value).into_iter().enumerate().filter(|(_, form)| form.len() >= MIN_LENGTH) {
        match known.iter_mut().find(|form| form.text == text) {
            Some(form) => {
                form.degree = form.degree.min(degree);
                form.is_plain |= index == 0;
            }
            None => known.push(Form { is_word: is_everyday(&text), is_plain: index == 0, degree, text }),
        }
    }
    // A secret that holds another one must be replaced as a whole.
    known.sort_by_key(|form| std::cmp::Reverse(form.text.len()));
}

/// Every way in which a secret is likely to be printed, first of all as it is.
fn forms(value: &str) -> Vec<String> {
    let strict = utf8_percent_encode(value, QUERY).to_string();
    let form = url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>();
    let lenient = utf8_percent_encode(value, LENIENT).to_string();
    // `"a\"b"` in Rust's and JSON's notation alike, without the quotes around.
    let escaped = format!("{value:?}");
    let escaped = escaped[1..escaped.len() - 1].to_owned();
    let mut forms =
        vec![value.to_owned(), lower_hex(&strict), strict, lower_hex(&form), form, lenient, escaped];
    for engine in [&general_purpose::STANDARD_NO_PAD, &general_purpose::URL_SAFE_NO_PAD] {
        // Without padding: a padded text holds it and leaves only `=` behind.
        forms.push(engine.encode(value));
        forms.extend((0..3).filter_map(|n_before| within_base64(engine, value, n_before)));
    }
    if !value.is_ascii() {
        // Latin-1 that is read as UTF-8, and the other way round.
        forms.push(
            value.chars().map(|c| if c.is_ascii() { c } else { char::REPLACEMENT_CHARACTER }).collect(),
        );
        forms.push(value.bytes().map(char::from).collect());
    }
    forms
}

/// What base64 has of `value` wherever it stands in a longer text, as in `user:password`: so many bytes before it move it against the
/// groups of four letters, and the letters at both ends hold bits of what stands around.
fn within_base64(engine: &impl Engine, value: &str, n_before: usize) -> Option<String> {
    /// Fewer letters stand in other texts by chance.
    const MIN: usize = 8;
    let bytes = [&b"\0\0"[..n_before], value.as_bytes()].concat();
    let n_whole = bytes.len() * 8 / 6;
    let encoded = engine.encode(&bytes);
    let own = encoded.get((n_before * 8).div_ceil(6)..n_whole)?;
    (own.len() >= MIN).then(|| own.to_owned())
}

/// `%2F` as `%2f`.
fn lower_hex(encoded: &str) -> String {
    let mut n_digits_left = 0_u8;
    encoded
        .chars()
        .map(|c| {
            let is_digit = n_digits_left > 0;
            n_digits_left = if c == '%' { 2 } else { n_digits_left.saturating_sub(1) };
            if is_digit { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
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
            (r#"{"status":"delivered","is":"live"}"#, r#"{"status":"delivered","is":"[REDACTED]"}"#),
            ("?a=Tok3n-of-mine&b=xTok3n-of-mine", "?a=[REDACTED]&b=xTok3n-of-mine"),
            ("Tok3n-of-mine", "[REDACTED]"),
            ("éTok3n-of-mine Tok3n-of-mine.", "éTok3n-of-mine [REDACTED]."),
        ] {
            assert_eq!(redactor.redact_content(text), expected);
        }
        assert!(matches!(redactor.redact_content("nothing here"), Cow::Borrowed(_)));
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
        ["live", "prod-eu-1", "2024", "x9f-Fz2"]
            .iter()
            .for_each(|secret| redactor.add(&Secret::new(*secret)));
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
            assert!(
                clean.contains(MASK) && !clean.contains("ss") && !clean.contains("rd"),
                "{spelled}: {clean}"
            );
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
        assert_eq!(
            redactor.redact_content(&format!(r#"{{"a":"x\n{line}\ny"}}"#)),
            r#"{"a":"x\n[REDACTED]\ny"}"#
        );
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
}
