//! The digits of a page's numbers, without a script and in one.

use proptest::prelude::*;

use super::*;

fn rows_of(script: &Script, body: &str) -> Result<Batch, ConverterError> {
    Converter::new(script, DeclaredColumns::default().into(), ConverterLimits::default())?
        .convert(&page(body))
}

/// The rows of the body without a script, as JSON.
fn selected(body: &str) -> Vec<String> {
    json_rows(&rows_of(&Script::default_converter(None), body).unwrap())
}

fn with_bigints(code: &str, body: &str) -> Result<Batch, ConverterError> {
    rows_of(&script(code).with_big_integers(), body)
}

const THREE: &str =
    r#"[{"id":9007199254740993,"n":1},{"id":-9223372036854775808,"n":9007199254740991},{"id":7,"n":0.5}]"#;

#[test]
fn without_a_script_whole_numbers_are_exact() {
    // Safe whole numbers beside fractions are floats, which lose nothing.
    let expected = [
        "{id: 9007199254740993, n: 1}",
        "{id: -9223372036854775808, n: 9007199254740991}",
        "{id: 7, n: 0.5}",
    ];
    assert_eq!(selected(THREE), expected);
    assert_eq!(selected("\u{feff}[{\"a\":1.0},{\"a\":-0},{\"a\":1e2}]"), ["{a: 1}", "{a: 0}", "{a: 100}"]);
    // Of two members with one name the later one counts, in the place of the first, and its type alone.
    assert_eq!(selected(r#"{"a":{"b":[9007199254740993]},"c":1,"\u0061":[1]}"#), ["{a: [1], c: 1}"]);
    let repeated = r#"[{"a":true,"a":1},{"a":2,"a":3},{"a":4},{"o":{"x":"t","x":5}},{"o":{"x":6}}]"#;
    let rows = rows_of(&Script::default_converter(None), repeated).unwrap();
    assert_eq!(rows.columns().get("a").unwrap().name(), "int");
    assert_eq!(rows.columns().get("o").unwrap().name(), "struct<x: int>");
    assert_eq!(json_rows(&rows)[1], "{a: 3, o: null}");
}

#[test]
fn without_a_script_text_has_the_digits_of_the_page() {
    let body = r#"[{"v":0.1234567890123456789,"w":1.10},{"v":1.10,"w":2.50},{"v":"n/a","w":-0.0},{"v":1e22,"w":1E5}]"#;
    let batch = rows_of(&Script::default_converter(None), body).unwrap();
    assert_eq!(
        json_rows(&batch),
        [
            r#"{v: "0.1234567890123456789", w: 1.1}"#,
            r#"{v: "1.10", w: 2.5}"#,
            r#"{v: "n/a", w: 0}"#,
            r#"{v: "1e22", w: 100000}"#
        ]
    );
    assert_eq!(batch.outcome().lost.keys().collect::<Vec<_>>(), ["w"]);
    assert!(batch.warnings().is_empty());
}

#[test]
fn big_integers_have_all_digits_and_others_are_numbers() {
    let plain = "const convert = json => JSON.parse(json)";
    let literal = "const convert = json => JSON.parse(json).map(r => ({ id: r.id, n: r.n }))";
    let mixed = "const convert = json => JSON.parse(json).map(r => ({ id: r.id, n: r.n, t: typeof r.n }))";
    let revived = "const convert = json => JSON.parse(json, (k, v) => v)";
    let large = "const convert = json => JSON.parse(json).map(r => ({ ...r }))";
    for code in [plain, literal, mixed, revived, large] {
        let batch = with_bigints(code, THREE).unwrap();
        let found = json_rows(&batch);
        assert!(found[0].starts_with("{id: 9007199254740993, n: 1"), "{code}: {found:?}");
        assert!(found[1].starts_with("{id: -9223372036854775808, n: 9007199254740991"), "{code}: {found:?}");
        assert!(batch.outcome().rounded.is_empty(), "{code}");
        let rounded = &rows_of(&script(code), THREE).unwrap().outcome().rounded.clone();
        assert_eq!(rounded["id"].n, 2, "{code}");
    }
    let types = "const convert = json => [{ t: JSON.parse(json).map(v => typeof v).join() }]";
    let body =
        "[9007199254740991,9007199254740992,-9007199254740991,-9007199254740992,1e300,9007199254740993.0,\
                0000,123456789012345678901234567890]"
            .replace("0000", "0");
    let found = json_rows(&with_bigints(types, &body).unwrap());
    assert_eq!(found, [r#"{t: "number,bigint,number,bigint,number,number,number,bigint"}"#]);
    let digits = "const convert = json => [{ s: String(JSON.parse(json)[7]) }]";
    assert_eq!(
        json_rows(&with_bigints(digits, &body).unwrap()),
        [r#"{s: "123456789012345678901234567890"}"#]
    );
    // JSON.stringify knows no BigInt, in node neither.
    let error =
        with_bigints("const convert = json => [{ s: JSON.stringify(JSON.parse(json)) }]", &body).unwrap_err();
    assert!(error.to_string().contains("TypeError"), "{error}");
}

#[test]
fn a_script_crosses_to_another_process_with_its_option() {
    let sent =
        Script::from_parts(script("const convert = json => JSON.parse(json)").with_big_integers().to_parts());
    assert_eq!(json_rows(&rows_of(&sent, THREE).unwrap())[0], "{id: 9007199254740993, n: 1}");
    let selection = Script::from_parts(Script::default_converter(Some("a.b")).to_parts());
    assert_eq!(json_rows(&rows_of(&selection, r#"{"a":{"b":[{"c":1},{"c":2},{"c":3}]}}"#).unwrap()).len(), 3);
    let plain = script("const convert = json => JSON.parse(json)");
    let fingerprint = plain.fingerprint();
    assert_ne!(fingerprint, plain.with_big_integers().fingerprint());
}

#[test]
fn what_64_bits_do_not_hold_is_told_with_its_column() {
    let body = r#"[{"id":1},{"o":[{"id":18446744073709551615}]}]"#;
    let errors = [
        rows_of(&Script::default_converter(None), r#"[{"id":1},{"id":18446744073709551615}]"#).unwrap_err(),
        rows_of(&Script::default_converter(None), body).unwrap_err(),
        with_bigints("const convert = json => JSON.parse(json)", body).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n\n"));
}

/// A record whose numbers doubles hold, so that a script sees what the page has.
fn record() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i32>().prop_map(|n| n.to_string()),
        // Of a double between two texts, other languages write the other one.
        any::<i32>().prop_map(|n| (f64::from(n) / 64.0).to_string()),
        "[a-zé\u{1f600}]{0,4}".prop_map(|text| format!("\"{text}\"")),
        Just(r#""\u00e9\n\ud83d\ude00""#.to_owned()),
    ];
    let value = scalar.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec(("[a-c]", inner), 0..3).prop_map(|members| {
                let members: Vec<String> =
                    members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    });
    proptest::collection::vec(("[a-d]", value), 0..4).prop_map(|members| {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn rows_without_a_script_are_those_of_one_that_only_parses(
        records in proptest::collection::vec(record(), 3..6),
    ) {
        let body = format!("[{}]", records.join(","));
        let batch = rows_of(&Script::default_converter(None), &body).unwrap();
        let scripted = convert("const convert = json => JSON.parse(json)", &body).unwrap();
        prop_assert_eq!(batch.columns(), scripted.columns(), "{}", &body);
        prop_assert_eq!(batch.rows(), scripted.rows(), "{}", &body);
    }
}

#[test]
fn columns_that_a_script_computes_from_rounded_numbers_are_known() {
    let body = r#"[{"id":1909699624467843943,"n":7},{"id":1909699624467843944,"n":8},{"id":5,"n":9}]"#;
    let check = |cell: &str, expected: Option<u64>| {
        let code = format!("const convert = json => JSON.parse(json).map(r => ({{ c: {cell} }}))");
        let found = rows_of(&script(&code), body).unwrap().rounded("c").map(|found| found.n);
        assert_eq!(found, expected, "{cell}");
    };
    for lossy in [
        "r.id",
        "String(r.id)",
        "r.id.toString(36)",
        "r.id.toString(16)",
        "r.id.toLocaleString()",
        "String(r.id).slice(-6)",
        "r.id % 1000",
        "r.id / 10",
        "r.id > 10 ? r.id - 1909699624467843000 : 0",
        "r.id.toExponential()",
        "btoa(r.id)",
        "[r.id].join('-') + r.n",
    ] {
        check(lossy, Some(2));
    }
    for exact in ["r.n", "r.id > 10", "String(r.n)", "Math.floor(r.id / 1e9)", "typeof r.id"] {
        check(exact, None);
    }
    let code = "const convert = json => JSON.parse(json).map(r => ({ c: r.id.toString(36) }))";
    let warnings = rows_of(&script(code), body).unwrap().warnings();
    assert!(
        warnings[0].starts_with("`c` has values that the script computed from whole numbers beyond 2^53"),
        "{warnings:?}"
    );
}

#[test]
fn rows_that_depend_on_numbers_of_one_double_are_told() {
    let merged = |body: &str, code: &str| {
        let warnings = rows_of(&script(&format!("const convert = json => {code}")), body).unwrap().warnings();
        warnings.iter().any(|warning| {
            warning.contains("where they can be told apart") && warning.contains("`big_integers: bigint`")
        })
    };
    let page = |first: &str, second: &str| {
        format!(r#"[{{"id":{first},"v":1}},{{"id":{second},"v":2}},{{"id":5,"v":3}}]"#)
    };
    let near = page("9007199254740993", "9007199254740992");
    // Both are rounded to one double.
    let both = page("1909699624467843943", "1909699624467843944");
    let scripts = [
        "{ const m = {}; for (const r of JSON.parse(json)) m[r.id] = r.v; return Object.values(m).map(v => ({ v })) }",
        "Object.values(Object.groupBy(JSON.parse(json), r => r.id)).map(x => ({ n: x.length }))",
        "[...new Map(JSON.parse(json).map(r => [r.id, r])).values()].map(r => ({ v: r.v }))",
        "[...new Set(JSON.parse(json).map(r => r.id))].map((_, n) => ({ n }))",
        "JSON.parse(json).filter((r, n, all) => all.findIndex(o => o.id === r.id) === n).map(r => ({ v: r.v }))",
    ];
    for code in scripts.into_iter().take(super::all_or(2, 5)) {
        assert!(merged(&near, code) && merged(&both, code), "{code}");
        // Numbers that doubles tell apart, be they rounded, and the same number twice, which is one.
        for honest in [
            page("9007199254740993", "9007199254740994"),
            page("1909699624467843943", "1909699624467843943"),
            page("1", "1"),
        ] {
            assert!(!merged(&honest, code), "{honest} {code}");
        }
    }
    for honest in [
        "JSON.parse(json).map(r => ({ v: r.v }))",
        "JSON.parse(json).filter(r => r.v > 1).map(r => ({ v: r.v }))",
        // The digits of the page, which the script reads itself.
        r#"[...new Set(json.match(/"id":\d+/g))].map((_, n) => ({ n }))"#,
    ] {
        assert!(!merged(&near, honest) && !merged(&both, honest), "{honest}");
    }
    let bigints = with_bigints(&format!("const convert = json => {}", scripts[2]), &both).unwrap();
    assert_eq!((bigints.n_rows(), bigints.warnings()), (3, vec![]));
}

#[test]
fn values_that_are_looked_up_by_numbers_of_one_double_are_told() {
    let body = r#"{"users":[{"id":1909699624467843943,"n":"a"},{"id":1909699624467843944,"n":"b"}],
                   "rows":[{"user":1909699624467843943},{"user":1909699624467843944}]}"#;
    let code =
        "const convert = json => { const p = JSON.parse(json), m = new Map(p.users.map(u => [u.id, u.n]));
                return p.rows.map(r => ({ name: m.get(r.user) })) }";
    let batch = rows_of(&script(code), body).unwrap();
    assert!(batch.rounded("name").is_some_and(|lost| lost.value == "b"), "{:?}", batch.warnings());
}

#[test]
fn the_order_of_rows_by_numbers_of_one_double_is_no_loss_of_theirs() {
    let body = r#"[{"id":9007199254740995,"v":"a"},{"id":9007199254740997,"v":"b"},{"id":9007199254740998,"v":"c"},
                   {"id":9007199254741000,"v":"d"}]"#;
    let code = "const convert = json => JSON.parse(json).sort((a, b) => a.id - b.id).map(r => ({ v: r.v }))";
    let batch = rows_of(&script(code), body).unwrap();
    assert_eq!((batch.warnings(), batch.rounded("v")), (vec![], None));
}
