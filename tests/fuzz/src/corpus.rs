//! Inputs as text: a line each.

use std::{fs, io, path::PathBuf};

/// The file with the inputs of a target.
pub fn path(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target).with_extension("txt")
}

/// The inputs of a target.
///
/// # Errors
/// There is no such file, or it has a line that no input is written as.
pub fn inputs(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let text = fs::read_to_string(path(target))?;
    let input = |line: &str| unescaped(line).ok_or_else(|| io::Error::other(format!("{target}: {line}")));
    text.lines().map(input).collect()
}

/// Replaces the inputs of a target, in the order of their lengths.
///
/// # Errors
/// The file cannot be written.
pub fn replace(target: &str, mut inputs: Vec<Vec<u8>>) -> io::Result<()> {
    inputs.sort_by_key(|input| (input.len(), input.clone()));
    let lines: Vec<String> = inputs.iter().map(|input| format!("{}\n", input.escape_ascii())).collect();
    fs::write(path(target), lines.concat())
}

/// The input that a line has; `None` where it is none.
pub fn unescaped(line: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), line.bytes());
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => u8::from_str_radix(str::from_utf8(&[rest.next()?, rest.next()?]).ok()?, 16).ok()?,
            other => other,
        });
    }
    Some(bytes)
}
