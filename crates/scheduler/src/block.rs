//! Blocks of YAML (`script: |`) with other code in them.

/// A block in a file.
struct Block<'f> {
    /// All before the sign `|`.
    before: &'f str,
    /// What stands between the sign and the end of its line: an indentation, what becomes of line ends behind, a comment.
    header: &'f str,
    line_end: &'static str,
    /// The spaces before each line of code.
    indent: usize,
    /// The spaces before the line with the sign.
    outer: usize,
    /// All behind the code.
    after: &'f str,
}

/// `file` with `after` in the place of `before`, the code of a block that begins at this line and column: ways to write it, of which
/// readers of YAML have to say which one is the same code. None where there is no such block.
pub(super) fn ways(
    file: &str,
    (before, after): (&str, &str),
    begin: (usize, usize),
) -> impl Iterator<Item = String> {
    let block = Block::find(file, before, begin);
    block.map(|block| block.ways(after)).unwrap_or_default().into_iter()
}

impl<'f> Block<'f> {
    fn find(file: &'f str, code: &str, begin: (usize, usize)) -> Option<Self> {
        let starts: Vec<usize> =
            std::iter::once(0).chain(file.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let line = |index: usize| {
            let start = *starts.get(index)?;
            let end = starts.get(index + 1).copied().unwrap_or(file.len());
            Some(&file[start..end])
        };
        let header_line = header_line(&line, begin)?;
        let text = line(header_line)?;
        let sign = sign(text)?;
        let n_lines = code.lines().count();
        let lines: Vec<&str> = (0..n_lines).map_while(|index| line(header_line + 1 + index)).collect();
        let indent = indent_of(&lines, code)?;
        let begin = starts[header_line];
        let rest = starts.get(header_line + 1 + n_lines).copied().unwrap_or(file.len());
        Some(Self {
            before: &file[..begin + sign],
            header: text[sign + 1..].trim_end_matches(['\n', '\r']),
            line_end: if text.ends_with("\r\n") { "\r\n" } else { "\n" },
            indent,
            outer: text.len() - text.trim_start_matches(' ').len(),
            after: &file[rest..],
        })
    }

    /// First as it is written; then with a sign for how the code ends; then with one for where its lines begin, which code needs whose
    /// own first line is blank or indented.
    fn ways(&self, code: &str) -> Vec<String> {
        let ending = match code.strip_suffix('\n') {
            None => "-",
            Some("") => "+",
            Some(rest) if rest.ends_with('\n') => "+",
            Some(_) => "",
        };
        let comment = self.header.trim_start_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
        let indented = (1..=9).map(|n| (format!("{n}{ending}{comment}"), self.indent));
        let headers = [(self.header.to_owned(), self.indent), (format!("{ending}{comment}"), self.indent)];
        let narrow = (format!("2{ending}{comment}"), self.outer + 2);
        headers.into_iter().chain(indented).chain([narrow]).map(|way| self.written(code, &way)).collect()
    }

    fn written(&self, code: &str, (header, indent): &(String, usize)) -> String {
        let mut file = format!("{}|{header}{}", self.before, self.line_end);
        for line in code.lines() {
            if !line.is_empty() {
                file.push_str(&" ".repeat(*indent));
                file.push_str(line);
            }
            file.push_str(self.line_end);
        }
        // Blank lines behind it would be code where line ends behind it are.
        let is_kept = header.chars().take_while(|c| !c.is_whitespace()).any(|c| c == '+');
        file.push_str(if is_kept { without_blank_lines(self.after) } else { self.after });
        file
    }
}

/// The line of the sign: the one where the block begins for its reader, or the last one before it that is not blank.
fn header_line<'f>(
    line: &impl Fn(usize) -> Option<&'f str>,
    (number, column): (usize, usize),
) -> Option<usize> {
    let first = number.checked_sub(1)?;
    if line(first)?.get(column.checked_sub(1)?..).is_some_and(|rest| sign(rest) == Some(0)) {
        return Some(first);
    }
    (0..first).rev().find(|index| line(*index).is_some_and(|line| !line.trim().is_empty()))
}

/// Where the sign of a block stands in its line: it ends with `|`, perhaps a digit and `+` or `-`, and perhaps a comment.
fn sign(line: &str) -> Option<usize> {
    let signs = line.match_indices('|').map(|(at, _)| at);
    let is_header = |at: &usize| {
        let rest = line[at + 1..].trim_start_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
        let is_end = rest.trim().is_empty() || rest.starts_with([' ', '\t']) && rest.trim().starts_with('#');
        let is_value = line[..*at].is_empty() || line[..*at].ends_with([' ', '\t']);
        is_end && is_value
    };
    signs.into_iter().find(is_header)
}

/// How many spaces stand before each line of the code; `None` where the lines are others.
fn indent_of(lines: &[&str], code: &str) -> Option<usize> {
    let pairs = || lines.iter().map(|line| line.trim_end_matches(['\n', '\r'])).zip(code.lines());
    let (line, first) = pairs().find(|(_, code)| !code.trim().is_empty())?;
    let indent = line.len().checked_sub(first.len()).filter(|n| *n > 0)?;
    let spaces = " ".repeat(indent);
    let is_same = |(line, code): (&str, &str)| match line.strip_prefix(&*spaces) {
        Some(rest) => rest == code,
        None => line.trim_matches(' ').is_empty() && code.is_empty(),
    };
    (lines.len() == code.lines().count() && pairs().all(is_same)).then_some(indent)
}

fn without_blank_lines(text: &str) -> &str {
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('\n').filter(|(line, _)| line.trim().is_empty()) {
        rest = behind;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_a_block_is_found() {
        for (line, at) in [
            ("script: |\n", Some(8)),
            ("  script: |2- # a | b\r\n", Some(10)),
            ("- &a !!str |+", Some(11)),
            ("|", Some(0)),
            ("a || b", None),
            ("script: >", None),
            ("a: 'x |", Some(6)),
            ("a: b|", None),
        ] {
            assert_eq!(sign(line), at, "{line:?}");
        }
    }

    #[test]
    fn code_in_yaml_is_replaced_where_it_is_a_block() {
        let file =
            "converter:\n  script: |\n    function convert(json) {\n\n      return [];\n    }\nsink: x\n";
        let before = "function convert(json) {\n\n  return [];\n}\n";
        let after = "const a = 1;\n\nfunction convert() {\n  return [{ a }];\n}\n";
        let replaced = |file: &str, codes, begin| ways(file, codes, begin).next();
        let changed = replaced(file, (before, after), (3, 5)).unwrap();
        let expected = "converter:\n  script: |\n    const a = 1;\n\n    function convert() {\n      return [{ a }];\n    }\nsink: x\n";
        assert_eq!(changed, expected);
        assert_eq!(replaced(&changed, (after, before), (3, 5)).unwrap(), file);
        // Somebody has changed it, and a text on one line.
        assert_eq!(replaced(file, ("function convert(json) {\n}\n", after), (3, 5)), None);
        assert_eq!(replaced("script: \"a\\nb\"\n", ("a\nb", after), (1, 9)), None);
        let windows = file.replace('\n', "\r\n");
        assert_eq!(replaced(&windows, (before, after), (3, 5)).unwrap(), expected.replace('\n', "\r\n"));
    }
}
