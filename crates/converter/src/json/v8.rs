//! What V8 says of a text that is no JSON, word for word as node 20 does: scripts put it into cells.

/// V8's message for a text that breaks the grammar.
pub(super) fn message(text: &[u8]) -> String {
    let text: Vec<u16> = String::from_utf8_lossy(text).encode_utf16().collect();
    let mut scan = Scan { text: &text, at: 0 };
    match scan.document() {
        Err(Fault { at, what: Some(AFTER) }) => format!("{AFTER} at position {at}"),
        Err(Fault { at, what: Some(what) }) => format!("{what} in JSON at position {at}"),
        Err(Fault { at, what: None }) => unexpected(&text, at),
        Ok(()) => "Unexpected end of JSON input".to_owned(),
    }
}

/// Where it goes wrong, and V8's words if it has any besides those for the token there.
struct Fault {
    at: usize,
    what: Option<&'static str>,
}

struct Scan<'t> {
    text: &'t [u16],
    at: usize,
}

const AFTER: &str = "Unexpected non-whitespace character after JSON";

impl Scan<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            if !self.value(&mut open)? {
                continue;
            }
            // After a value.
            loop {
                let next = self.peek();
                match open.last() {
                    None if next.is_none() => return Ok(()),
                    None => return self.fault(AFTER),
                    Some(b'{') if next == Some(b',') => {
                        self.at += 1;
                        self.key("Expected double-quoted property name", None)?;
                        break;
                    }
                    Some(b'{') if next != Some(b'}') => {
                        return self.fault("Expected ',' or '}' after property value");
                    }
                    Some(b'[') if next == Some(b',') => {
                        self.at += 1;
                        break;
                    }
                    Some(b'[') if next != Some(b']') => {
                        return self.fault("Expected ',' or ']' after array element");
                    }
                    Some(_) => {
                        self.at += 1;
                        open.pop();
                    }
                }
            }
        }
    }

    /// A value, or the beginning of one, after which another follows: whether it is complete.
    fn value(&mut self, open: &mut Vec<u8>) -> Result<bool, Fault> {
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'{') => {
                self.at += 1;
                if self.peek() == Some(b'}') {
                    self.at += 1;
                    return Ok(true);
                }
                self.key("Expected property name or '}'", Some("Expected ':' after property name"))?;
                open.push(b'{');
                return Ok(false);
            }
            Some(b'[') => {
                self.at += 1;
                if self.peek() == Some(b']') {
                    self.at += 1;
                    return Ok(true);
                }
                open.push(b'[');
                return Ok(false);
            }
            Some(b't') => self.literal(b"true")?,
            Some(b'f') => self.literal(b"false")?,
            Some(b'n') => self.literal(b"null")?,
            _ => return Err(Fault { at: self.at, what: None }),
        }
        Ok(true)
    }

    /// The next character that is no white space; 0 for one beyond ASCII.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.here(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.here()
    }

    fn here(&self) -> Option<u8> {
        let unit = self.text.get(self.at)?;
        Some(u8::try_from(*unit).ok().filter(u8::is_ascii).unwrap_or_default())
    }

    fn fault<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault { at: self.at, what: Some(what) })
    }

    /// A name and its colon; `colon` is what V8 says where that is missing.
    fn key(&mut self, what: &'static str, colon: Option<&'static str>) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return self.fault(what);
        }
        self.string()?;
        if self.peek() != Some(b':') {
            return Err(Fault { at: self.at, what: colon });
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Fault> {
        for letter in word {
            if self.here() != Some(*letter) {
                return Err(Fault { at: self.at, what: None });
            }
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            match self.here() {
                None => return self.fault("Unterminated string"),
                Some(b'"') => break,
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(1..=0x1f) => return self.fault("Bad control character in string literal"),
                Some(0) if self.text[self.at] == 0 => {
                    return self.fault("Bad control character in string literal");
                }
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.here() {
            None => return Err(Fault { at: self.at, what: None }),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    match self.here() {
                        Some(digit) if digit.is_ascii_hexdigit() => self.at += 1,
                        _ => return self.fault("Bad Unicode escape"),
                    }
                }
            }
            Some(_) => return self.fault("Bad escaped character"),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let is_digit = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_digit());
        if self.here() == Some(b'-') {
            self.at += 1;
            if !is_digit(self.here()) {
                return self.fault("No number after minus sign");
            }
        }
        if self.here() == Some(b'0') {
            self.at += 1;
            if is_digit(self.here()) {
                return Err(Fault { at: self.at, what: None });
            }
        }
        self.digits();
        if self.here() == Some(b'.') {
            self.at += 1;
            if !is_digit(self.here()) {
                return self.fault("Unterminated fractional number");
            }
            self.digits();
        }
        if matches!(self.here(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.here(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !is_digit(self.here()) {
                return self.fault("Exponent part is missing a number");
            }
            self.digits();
        }
        Ok(())
    }

    fn digits(&mut self) {
        while self.here().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
    }
}

/// What V8 says of a token that it does not expect.
fn unexpected(text: &[u16], at: usize) -> String {
    const CONTEXT: usize = 10;
    let shown = |units: &[u16]| String::from_utf16_lossy(units);
    let whole = shown(text);
    let is_special = matches!(whole.as_str(), "NaN" | "Infinity" | "undefined" | "[object Object]");
    let Some(unit) = text.get(at) else {
        return match is_special {
            true => format!("\"{whole}\" is not valid JSON"),
            false => "Unexpected end of JSON input".to_owned(),
        };
    };
    match char::from_u32(u32::from(*unit)) {
        Some('-' | '0'..='9') => return format!("Unexpected number in JSON at position {at}"),
        Some('"') => return format!("Unexpected string in JSON at position {at}"),
        _ if is_special => return format!("\"{whole}\" is not valid JSON"),
        _ => {}
    }
    let token = shown(&[*unit]);
    let part = match () {
        () if text.len() <= 2 * CONTEXT => format!("\"{whole}\""),
        () if at < CONTEXT => format!("\"{}\"...", shown(&text[..at + CONTEXT])),
        () if at < text.len() - CONTEXT => format!("...\"{}\"...", shown(&text[at - CONTEXT..at + CONTEXT])),
        () => format!("...\"{}\"", shown(&text[at - CONTEXT..])),
    };
    format!("Unexpected token '{token}', {part} is not valid JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What node 20 says of each text.
    #[test]
    fn messages_are_those_of_node() {
        let table: Vec<(String, String)> = serde_json::from_str(include_str!("v8_by_node.json")).unwrap();
        let wrong: Vec<_> = table.iter().filter(|(text, said)| message(text.as_bytes()) != *said).collect();
        let found: Vec<String> = wrong
            .iter()
            .map(|(text, said)| format!("{text:?}: {}, node {said}", message(text.as_bytes())))
            .collect();
        assert!(found.is_empty(), "{} of {}:\n{}", found.len(), table.len(), found.join("\n"));
    }
}
