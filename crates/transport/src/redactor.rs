//! Keeps known secrets out of everything that is printed.

mod cut;
mod parts;
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

/// A credential of so many bytes stands nowhere by chance, also not within a longer word.
const MIN_WITHIN_WORDS: usize = 16;

/// The digits of shorter ones stand in other numbers by chance.
const MIN_LENGTH_IN_HEX: usize = 6;

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

impl Form {
    /// Whether it is replaced in data wherever it stands.
    fn is_found_within_words(&self) -> bool {
        !self.is_word && self.degree == Degree::Sure && self.text.len() >= MIN_WITHIN_WORDS
    }
}

impl Redactor {
    /// Masks `secret` from now on: as it is, percent-encoded, in base64 (also behind another user's name), and inside JSON, HTML and
    /// what other programs escape. The parts of one that has several, such as cookies or a login, are secrets too.
    ///
    /// Values of fewer than four bytes are not masked. Those that look like a word, a number or a time may stand in data for other
    /// reasons: only messages do without them, where they are whole words.
    pub fn add(&self, secret: &Secret) {
        // Every request adds its own ones.
        if self.knows(secret.expose()) {
            return;
        }
        self.take(secret.expose(), |value| (!is_everyday(value)).then_some(Degree::Sure));
    }

    /// Masks a value in messages that may be a secret, such as what a variable holds whose name says nothing.
    pub fn add_suspect(&self, value: &Secret) {
        self.take(value.expose(), |_| None);
    }

    /// Masks what reading the files of a pipeline has found.
    pub fn learn(&self, reader: &Reader) {
        let sure = reader.secrets().into_iter().map(|secret| (secret, Degree::Sure));
        let likely = reader.likely_secrets().into_iter().map(|secret| (secret, Degree::Likely));
        let written = reader.written_secrets().into_iter().map(|secret| (secret, Degree::Written));
        for (secret, degree) in sure.chain(likely).chain(written) {
            self.take(secret.expose(), |value| looks_like_credential(value).then_some(degree));
        }
        reader.suspects().iter().for_each(|value| self.add_suspect(value));
    }

    fn knows(&self, value: &str) -> bool {
        let known = self.0.read().expect("no one panics while holding the secrets");
        let is_it = |form: &Form| form.is_plain && form.text == value;
        match is_everyday(value) {
            true => known.suspects.iter().any(is_it),
            false => known.secrets.iter().any(|form| is_it(form) && form.degree == Degree::Sure),
        }
    }

    /// Keeps a value, its lines and its parts in mind, each as what `degree` says, or as a suspect.
    fn take(&self, value: &str, degree: impl Fn(&str) -> Option<Degree>) {
        let mut known = self.0.write().expect("no one panics while holding the secrets");
        let parts = parts::parts(value);
        for text in std::iter::once(value).chain(lines(value)).chain(parts.iter().map(String::as_str)) {
            match degree(text) {
                Some(degree) => keep(&mut known.secrets, (text, degree)),
                None => keep(&mut known.suspects, (text, Degree::Likely)),
            }
        }
    }

    /// `text` with every known secret replaced by `[REDACTED]`, and what is left of one where the text was clipped.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.0.read().expect("no one panics while holding the secrets");
        let forms = || known.secrets.iter().chain(&known.suspects);
        // First of all, since a part of a secret may stand there as it is.
        let mut clean = without_spelled(text, forms()).map_or(Cow::Borrowed(text), Cow::Owned);
        for form in forms() {
            let changed = match form.is_word {
                true => without_word(&clean, &form.text),
                false => clean.contains(&form.text).then(|| clean.replace(&form.text, MASK)),
            };
            clean = changed.map_or(clean, Cow::Owned);
        }
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
        let is_kept = |form: &&Form| is_number(form) || form.degree == Degree::Written;
        let forms = || known.secrets.iter().filter(|form| !is_kept(form));
        let is_escaped = |form: &&Form| form.degree == Degree::Sure && spelled::may_hold(text, &form.text);
        let spelled: Vec<&Form> = forms().filter(is_escaped).collect();
        let mut clean = without_spelled(text, spelled.into_iter()).map_or(Cow::Borrowed(text), Cow::Owned);
        for form in forms() {
            let changed = match form.is_found_within_words() {
                true => clean.contains(&form.text).then(|| clean.replace(&form.text, MASK)),
                false => without_word(&clean, &form.text),
            };
            clean = changed.map_or(clean, Cow::Owned);
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
        let spelled: Vec<&Form> = forms().collect();
        let mut clean = without_spelled(text, spelled.into_iter()).map_or(Cow::Borrowed(text), Cow::Owned);
        for form in forms() {
            let changed = match looks_like_credential(&form.text) {
                true => clean.contains(&form.text).then(|| clean.replace(&form.text, MASK)),
                false => without_word(&clean, &form.text),
            };
            clean = changed.map_or(clean, Cow::Owned);
        }
        clean
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
    // Of hexadecimal digits either case is the same, and programs print bytes as such digits.
    if value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        forms.extend([value.to_ascii_lowercase(), value.to_ascii_uppercase()]);
    }
    if value.len() >= MIN_LENGTH_IN_HEX {
        let digits: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        forms.extend([digits.to_ascii_uppercase(), digits]);
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
mod tests;
