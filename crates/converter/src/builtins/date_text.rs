//! What `Date.parse` reads: ISO 8601 as ECMA-262 §21.4.1.32 has it, and what V8 reads besides.
//!
//! APIs send dates of all kinds (`2015-11-21T07:03:02.000-0500` is Jira's own), converters are tried in node first, and
//! a date that node reads must not become null here. So the rules are V8's, oddities included: a text that begins as an
//! ISO date and goes on otherwise is read by the lenient rules, `T` aside; words before the first number are ignored;
//! what is in parentheses is too. The time zone of a text that names none is UTC, which is local time here.

use super::date_tokens::{Token, Tokens, Word};

/// Reads a date; milliseconds since 1970-01-01T00:00:00Z, or `None` where V8 has an invalid date.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let mut tokens = Tokens::new(text);
    let mut found = Found::default();
    let mut next = iso(&mut tokens, &mut found)?;
    let mut has_number = found.day.n > 0;
    while next != Token::End {
        lenient(next, &mut tokens, (&mut found, &mut has_number))?;
        next = tokens.take();
    }
    found.milliseconds()
}

/// Up to `N` numbers in the order in which they came.
#[derive(Debug, Default)]
struct Numbers<const N: usize> {
    list: [i64; 4],
    n: usize,
}

impl<const N: usize> Numbers<N> {
    fn add(&mut self, number: i64) -> Option<()> {
        if self.n == N {
            return None;
        }
        self.list[self.n] = number;
        self.n += 1;
        Some(())
    }
}

/// What the text has said so far.
#[derive(Debug, Default)]
struct Found {
    day: Numbers<3>,
    month_name: Option<i64>,
    is_iso: bool,
    time: Numbers<4>,
    /// Of AM or PM.
    hours_added: Option<i64>,
    sign: Option<i64>,
    offset: (Option<i64>, Option<i64>),
}

impl Found {
    fn set_zone(&mut self, hours: i64) {
        self.sign = Some(hours.signum() | 1);
        self.offset = (Some(hours.abs()), Some(0));
    }

    /// Whether the number completes a time that has begun.
    fn expects(&self, number: i64) -> bool {
        match self.time.n {
            1 | 2 => (0..60).contains(&number),
            3 => (0..1000).contains(&number),
            _ => false,
        }
    }

    /// Adds the last number of the time; the rest is zero.
    fn end_time(&mut self, number: i64) -> Option<()> {
        self.time.add(number)?;
        self.time.n = 4;
        Some(())
    }

    fn milliseconds(&self) -> Option<i64> {
        let (year, month, day) = self.date()?;
        let time = self.time_of_day()?;
        let (hours, minutes) = self.offset;
        let offset = hours.unwrap_or(0) * 60 + minutes.unwrap_or(0);
        let offset = offset * self.sign.unwrap_or(0) * 60_000;
        // ECMA-262 §21.4.1.1: 100,000,000 days on either side.
        let instant = days(year, month)?.checked_add(day - 1)? * 86_400_000 + time - offset;
        (instant.abs() <= 8_640_000_000_000_000).then_some(instant)
    }

    fn date(&self) -> Option<(i64, i64, i64)> {
        if self.day.n == 0 {
            return None;
        }
        let numbers: Vec<i64> =
            (0..3).map(|at| if at < self.day.n { self.day.list[at] } else { 1 }).collect();
        let [first, second, third] = numbers[..] else { return None };
        let is_day = |number: i64| (1..=31).contains(&number);
        let (year, month, day) = match self.month_name {
            None if self.is_iso || !is_day(first) => (first, second, third),
            None => (third, first, second),
            Some(month) if !is_day(first) => (first, month, second),
            Some(month) => (second, month, first),
        };
        let year = match year {
            0..=49 if !self.is_iso => year + 2000,
            50..=99 if !self.is_iso => year + 1900,
            _ => year,
        };
        ((1..=12).contains(&month) && is_day(day)).then_some((year, month, day))
    }

    fn time_of_day(&self) -> Option<i64> {
        let part = |at: usize| if at < self.time.n { self.time.list[at] } else { 0 };
        let (mut hour, minute, second, millisecond) = (part(0), part(1), part(2), part(3));
        if let Some(added) = self.hours_added {
            if !(0..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + added;
        }
        let is_valid = (0..24).contains(&hour)
            && (0..60).contains(&minute)
            && (0..60).contains(&second)
            && (0..1000).contains(&millisecond);
        // Midnight may be the end of the day.
        let is_midnight = (hour, minute, second, millisecond) == (24, 0, 0, 0);
        (is_valid || is_midnight).then_some(((hour * 60 + minute) * 60 + second) * 1000 + millisecond)
    }
}

/// Days from 1970-01-01 to the first of the month (the proleptic Gregorian calendar).
fn days(year: i64, month: i64) -> Option<i64> {
    // No year beyond this is a date; the arithmetic stays small.
    if year.abs() > 300_000 {
        return None;
    }
    // Years begin in March, so that the leap day is the last one.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * month + 2) / 5;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// The exact form, `None` when it went wrong after the `T`; otherwise the token that the lenient rules go on with.
fn iso(tokens: &mut Tokens<'_>, found: &mut Found) -> Option<Token> {
    if let Some(next) = iso_day(tokens, found) {
        return Some(next);
    }
    if tokens.peek() == Token::Known(Word::T) {
        tokens.take();
        iso_time(tokens, found)?;
        iso_offset(tokens, found)?;
        if tokens.peek() != Token::End {
            return None;
        }
    } else if tokens.peek() != Token::End {
        return Some(tokens.take());
    }
    // A day alone is one of UTC, a time one of here; here is UTC.
    found.is_iso = true;
    Some(Token::End)
}

/// `[-+yy]yyyy[-MM[-dd]]`; the token that does not fit, if one does not.
fn iso_day(tokens: &mut Tokens<'_>, found: &mut Found) -> Option<Token> {
    let year = match tokens.peek() {
        sign @ Token::Sign('-' | '+') => {
            tokens.take();
            let Token::Number(year, 6) = tokens.peek() else { return Some(sign) };
            tokens.take();
            match (sign, year) {
                (Token::Sign('-'), 0) => return Some(sign),
                (Token::Sign('-'), year) => -year,
                (_, year) => year,
            }
        }
        Token::Number(year, 4) => {
            tokens.take();
            year
        }
        _ => return Some(tokens.take()),
    };
    // The year is the first number of three.
    let _ = found.day.add(year);
    for max in [12, 31] {
        if !tokens.skip('-') {
            return None;
        }
        match tokens.peek() {
            Token::Number(number, 2) if (1..=max).contains(&number) => {
                tokens.take();
                let _ = found.day.add(number);
            }
            _ => return Some(tokens.take()),
        }
    }
    None
}

/// `HH:mm[:ss[.sss]]`, with any number of digits after the point.
fn iso_time(tokens: &mut Tokens<'_>, found: &mut Found) -> Option<()> {
    let hour = two_digits(tokens, 24)?;
    let is_24 = hour == 24;
    found.time.add(hour)?;
    if !tokens.skip(':') {
        return None;
    }
    let rest = if is_24 { 0 } else { 59 };
    found.time.add(two_digits(tokens, rest)?)?;
    if !tokens.skip(':') {
        return Some(());
    }
    found.time.add(two_digits(tokens, rest)?)?;
    if !tokens.skip('.') {
        return Some(());
    }
    match tokens.take() {
        Token::Number(number, _) if is_24 && number > 0 => None,
        Token::Number(number, length) => found.time.add(thousandths(number, length)),
        _ => None,
    }
}

/// `Z`, `+hh:mm` or, as V8 allows, `+hhmm`.
fn iso_offset(tokens: &mut Tokens<'_>, found: &mut Found) -> Option<()> {
    match tokens.peek() {
        Token::Known(Word::Zone(_, true)) => {
            tokens.take();
            found.set_zone(0);
        }
        Token::Sign(sign @ ('+' | '-')) => {
            tokens.take();
            let (hours, minutes) = match tokens.peek() {
                Token::Number(both, 4) => {
                    tokens.take();
                    (both / 100, both % 100)
                }
                _ => {
                    let hours = two_digits(tokens, 23)?;
                    (hours, tokens.skip(':').then(|| two_digits(tokens, 59))??)
                }
            };
            if hours > 23 || minutes > 59 {
                return None;
            }
            found.sign = Some(if sign == '-' { -1 } else { 1 });
            found.offset = (Some(hours), Some(minutes));
        }
        _ => {}
    }
    Some(())
}

fn two_digits(tokens: &mut Tokens<'_>, max: i64) -> Option<i64> {
    match tokens.take() {
        Token::Number(number, 2) if number <= max => Some(number),
        _ => None,
    }
}

/// Digits after the point; those beyond the third are cut off.
fn thousandths(number: i64, length: usize) -> i64 {
    match length {
        1 => number * 100,
        2 => number * 10,
        // No more than nine have been read.
        _ => number / 10_i64.pow(length.min(9) as u32 - 3),
    }
}

/// One token by the lenient rules; `None` when the text is no date.
fn lenient(
    token: Token,
    tokens: &mut Tokens<'_>,
    (found, has_number): (&mut Found, &mut bool),
) -> Option<()> {
    match token {
        Token::Number(number, _) => {
            *has_number = true;
            lenient_number(number, tokens, found)?;
        }
        Token::Known(Word::AmPm(hours)) if found.time.n > 0 => found.hours_added = Some(hours),
        Token::Known(Word::Month(month)) => {
            found.month_name = Some(month);
            tokens.skip('-');
        }
        Token::Known(Word::Zone(hours, _)) if *has_number => found.set_zone(hours),
        Token::Known(_) | Token::Unknown => {
            // Words before the first number mean nothing, but must be apart from it.
            if *has_number || matches!(tokens.peek(), Token::Number(..)) {
                return None;
            }
        }
        Token::Sign(sign @ ('+' | '-')) if found.offset == (Some(0), Some(0)) || found.time.n > 0 => {
            *has_number = true;
            lenient_offset(sign, tokens, found)?;
        }
        Token::Sign('+' | '-' | ')') if *has_number => return None,
        Token::Sign(_) | Token::Space | Token::Other | Token::End => {}
    }
    Some(())
}

fn lenient_number(number: i64, tokens: &mut Tokens<'_>, found: &mut Found) -> Option<()> {
    if tokens.skip(':') {
        if tokens.skip(':') {
            if found.time.n > 0 {
                return None;
            }
            found.time.add(number)?;
            return found.time.add(0);
        }
        found.time.add(number)?;
        tokens.skip('.');
        return Some(());
    }
    if tokens.skip('.') && found.expects(number) {
        found.time.add(number)?;
        return match tokens.take() {
            Token::Number(number, length) => found.end_time(thousandths(number, length)),
            _ => None,
        };
    }
    if let (Some(hours), None) = found.offset {
        found.offset = (Some(hours), Some(number));
        return Some(());
    }
    if found.expects(number) {
        found.end_time(number)?;
        let next = tokens.peek();
        let is_apart = matches!(
            next,
            Token::End | Token::Space | Token::Sign('+' | '-') | Token::Known(Word::Zone(_, true))
        );
        return is_apart.then_some(());
    }
    found.day.add(number)?;
    tokens.skip('-');
    Some(())
}

/// The digits after a sign: hours, or hours and minutes.
fn lenient_offset(sign: char, tokens: &mut Tokens<'_>, found: &mut Found) -> Option<()> {
    found.sign = Some(if sign == '-' { -1 } else { 1 });
    let (number, length) = match tokens.peek() {
        Token::Number(number, length) => {
            tokens.take();
            (number, length)
        }
        _ => (0, 0),
    };
    found.offset = match length {
        // The minutes come after the colon.
        _ if tokens.peek() == Token::Sign(':') => (Some(number), None),
        1 | 2 => (Some(number), Some(0)),
        3 | 4 => (Some(number / 100), Some(number % 100)),
        _ => return None,
    };
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What node 20 says about each of many texts, in UTC.
    #[test]
    fn reads_what_v8_reads() {
        let table: Vec<(String, Option<i64>)> =
            serde_json::from_str(include_str!("date_text_by_node.json")).unwrap();
        let wrong: Vec<String> = table
            .iter()
            .filter(|(text, expected)| parse(text) != *expected)
            .map(|(text, expected)| format!("{text:?}: {:?}, node says {expected:?}", parse(text)))
            .collect();
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[-+:.()0-9TZ JanPMé]{0,30}") {
            let _ = parse(&text);
        }
    }
}
