//! What the fuzzer in `tests/fuzz` holds the private readers of this crate to.

use std::{collections::HashMap, rc::Rc};

use serde_json::Value;

use crate::{
    analysis, deep,
    json::{self, Document, Kind, Surrogates, Tape},
    outline::Outline,
    rewrite,
    script::{Origin, Script},
    syntax::{self, Goal},
    wire::{Answer, Frame, is_ask},
};

/// Reads a page as JSON; the tape holds what serde_json reads.
pub fn tape(body: &[u8]) {
    let Ok(text) = json::utf8(body) else { return };
    let read = Document::read(Rc::new(text.to_vec()), Surrogates::Paired, Tape::default());
    match (read, serde_json::from_slice::<Value>(text)) {
        (Ok(document), Ok(value)) => {
            let mut index = 0;
            assert_is(&document, &mut index, &value);
        }
        (Ok(_), Err(error)) => {
            let error = error.to_string();
            // What serde_json cannot hold is JSON nevertheless.
            let is_json = ["recursion", "surrogate", "hex escape", "number out of range"];
            assert!(is_json.iter().any(|problem| error.contains(problem)), "the tape reads it: {error}");
        }
        (Err(malformed), Ok(_)) => panic!("serde_json reads it: {malformed:?}"),
        (Err(malformed), Err(_)) => {
            json::place_of(text, malformed);
        }
    }
}

/// The value at `index` is this one, whose members may come several times; `index` is that of the value after it then.
fn assert_is(document: &Document, index: &mut usize, value: &Value) {
    let at = *index;
    *index += 1;
    let is_same = match (document.tape.node(at).kind(), value) {
        (Kind::Null, Value::Null) | (Kind::False, Value::Bool(false)) | (Kind::True, Value::Bool(true)) => {
            true
        }
        (Kind::Number, Value::Number(number)) => Some(document.number(at)) == number.as_f64(),
        (Kind::String, Value::String(text)) => {
            assert_eq!(document.string(at).to_std_string_lossy(), *text);
            document.text(at, &mut Vec::new()) == text.as_str()
        }
        (Kind::Array, Value::Array(items)) => {
            items.iter().for_each(|item| assert_is(document, index, item));
            true
        }
        (Kind::Object, Value::Object(members)) => {
            // Of a name that comes twice, the last one counts.
            let name = |at| (document.text(at, &mut Vec::new()).into_owned(), at);
            let last: HashMap<String, usize> = document.tape.children(at).map(name).collect();
            assert_eq!(last.len(), members.len());
            last.iter().for_each(|(name, at)| assert_is(document, &mut (at + 1), &members[name]));
            *index = document.tape.after(at);
            true
        }
        _ => false,
    };
    assert!(is_same, "{value} is not what stands at {at}");
    assert_eq!(*index, document.tape.after(at));
}

/// Reads what a worker may send, frame after frame; each is what is sent again of it.
pub fn answers(mut pipe: &[u8]) {
    let script = Script::default_converter(None);
    let mut spent = Frame::default();
    while let Ok(Some(frame)) = Frame::read(&mut pipe, std::mem::take(&mut spent)) {
        answer(&frame, &script);
        spent = frame;
    }
}

/// Reads one frame with this head and this body.
pub fn frame(head: &[u8], body: &[u8]) {
    let frame = Frame { head: head.to_vec(), body: body.to_vec() };
    answer(&frame, &Script::default_converter(None));
    if let Ok(head) = serde_json::from_slice::<Value>(head) {
        let mut pipe = Vec::new();
        Frame::send(&mut pipe, &head, body).expect("memory takes it");
        let read = Frame::read(&mut pipe.as_slice(), frame).expect("it is a frame").expect("there is one");
        assert_eq!((read.head, read.body.as_slice()), (head.to_string().into_bytes(), body));
    }
}

fn answer(frame: &Frame, script: &Script) {
    match Answer::read(frame.clone(), script) {
        Ok(Answer::Page(page)) => match *page {
            Ok(batch) => {
                let bytes = batch.to_ipc().expect("a batch that was read can be sent");
                let again = pipeline_table::Batch::from_ipc(bytes).expect("and read");
                assert_eq!((again.columns(), again.rows()), (batch.columns(), batch.rows()));
            }
            Err(error) => drop(error.to_string()),
        },
        Ok(Answer::Log { text, .. }) => assert!(!text.contains('\n'), "a line is one line"),
        Err(error) => drop(error.to_string()),
    }
    is_ask(frame);
}

/// Reads a script as one that is to be run; what the engine gets in its place has its lines, and is code.
pub fn script(text: &str) {
    let checked = deep::with_room(|| {
        for goal in [Goal::Script, Goal::Module] {
            rewritten(text, goal);
        }
        let script = Script::inline(text, Origin { path: "fuzz.js".into(), line: 3, column: 5 });
        if let Err(error) = script.check() {
            drop(error.to_string());
        }
        let Ok(parsed) = script.parse() else { return };
        let outline = Outline::read(&parsed, &script);
        if let Some(range) = outline.result {
            assert!(script.shown().text.get(range).is_some(), "a place is within the file");
        }
        analysis::read(&parsed);
    });
    checked.expect("there is a thread");
}

fn rewritten(text: &str, goal: Goal) {
    let tree = syntax::parse(text, goal);
    match rewrite::rewrite(text, goal) {
        Err(refusal) => assert!(text.get(refusal.range.clone()).is_some(), "{:?}", refusal.range),
        Ok(rewritten) => {
            assert!(tree.is_ok(), "{:?}", tree.err());
            let lines = |text: &str| text.matches('\n').count();
            assert_eq!(lines(text), lines(&rewritten.code), "{}", rewritten.code);
            let code = syntax::parse(&rewritten.code, goal);
            assert!(code.is_ok(), "{:?} in {}", code.err(), rewritten.code);
            let Some(map) = rewritten.map else { return };
            let mut last = 0;
            for at in 0..=rewritten.code.len() {
                let origin = map.origin(at);
                assert!(last <= origin && origin <= text.len(), "places go forward");
                last = origin;
            }
        }
    }
}
