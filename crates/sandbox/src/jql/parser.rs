//! Tokens to a [`Jql`], by recursive descent.

use std::ops::RangeInclusive;

use super::lexer::{Kind, Token};
use super::values::{instant, is_project, issue_id};
use super::{Direction, Jql, JqlError, Sort};

/// What is left of a query.
pub(super) struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    jql: Jql,
}

/// Fields of real Jira sites that the sandbox knows of and does not search by.
const UNSEARCHED: [&str; 14] = [
    "status",
    "assignee",
    "reporter",
    "creator",
    "labels",
    "summary",
    "description",
    "text",
    "priority",
    "resolution",
    "issuetype",
    "type",
    "duedate",
    "resolved",
];

impl Parser {
    pub(super) fn new(tokens: Vec<Token>) -> Parser {
        let everything = i64::MIN..=i64::MAX;
        let jql = Jql {
            ids: everything.clone(),
            created: everything.clone(),
            updated: everything,
            bounded: false,
            order: None,
        };
        Parser { tokens: tokens.into_iter().peekable(), jql }
    }

    pub(super) fn query(mut self) -> Result<Jql, JqlError> {
        if self.tokens.peek().is_some_and(|token| !is_word(token, "order")) {
            self.terms()?;
        }
        if self.take_word("order") {
            if !self.take_word("by") {
                return Err(self.unexpected("by"));
            }
            self.order()?;
        }
        match self.tokens.next() {
            None => Ok(self.jql),
            Some(token) => Err(unsupported(&token)),
        }
    }

    fn terms(&mut self) -> Result<(), JqlError> {
        loop {
            if self.take_mark("(") {
                self.terms()?;
                if !self.take_mark(")") {
                    return Err(self.unexpected(")"));
                }
            } else {
                self.clause()?;
            }
            if !self.take_word("and") {
                return Ok(());
            }
        }
    }

    fn clause(&mut self) -> Result<(), JqlError> {
        let field = self.next_or("a field name")?;
        if !matches!(field.kind, Kind::Word | Kind::Quoted) || is_word(&field, "not") {
            return Err(unsupported(&field));
        }
        self.jql.bounded = true;
        match field.text.to_ascii_lowercase().as_str() {
            "project" => self.project(),
            "created" | "createddate" => {
                let (operator, value) = self.comparison()?;
                let value = instant(&field.text, &value)?;
                narrow(&mut self.jql.created, &operator, value)
            }
            "updated" | "updateddate" => {
                let (operator, value) = self.comparison()?;
                let value = instant(&field.text, &value)?;
                narrow(&mut self.jql.updated, &operator, value)
            }
            "id" | "key" | "issuekey" | "issue" => {
                let (operator, value) = self.comparison()?;
                let value = issue_id(&field.text, &value)?;
                narrow(&mut self.jql.ids, &operator, value)
            }
            name if UNSEARCHED.contains(&name) => Err(unsupported(&field)),
            _ => Err(JqlError(format!(
                "Field '{}' does not exist or you do not have permission to view it.",
                field.text
            ))),
        }
    }

    fn project(&mut self) -> Result<(), JqlError> {
        if self.take_word("is") {
            if !self.take_word("not") {
                let token = self.next_or("'not empty'")?;
                return Err(unsupported(&token));
            }
            let empty = self.take_word("empty") || self.take_word("null");
            return if empty { Ok(()) } else { Err(self.unexpected("empty")) };
        }
        if self.take_word("in") {
            if !self.take_mark("(") {
                return Err(self.unexpected("("));
            }
            loop {
                let value = self.next_or("a value")?;
                is_project(&value)?;
                if !self.take_mark(",") {
                    break;
                }
            }
            return if self.take_mark(")") { Ok(()) } else { Err(self.unexpected(")")) };
        }
        let (operator, value) = self.comparison()?;
        if operator.text != "=" {
            return Err(unsupported(&operator));
        }
        is_project(&value)
    }

    fn comparison(&mut self) -> Result<(Token, Token), JqlError> {
        let operator = self.next_or("an operator")?;
        if operator.kind != Kind::Operator {
            let (got, column) = (&operator.text, operator.column);
            return Err(JqlError(format!(
                "Error in the JQL Query: Expecting operator but got '{got}'. The valid operators are '=', '!=', \
                 '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'. (line 1, character {column})"
            )));
        }
        let value = self.next_or("a value")?;
        if !matches!(value.kind, Kind::Word | Kind::Quoted) {
            let (got, column) = (&value.text, value.column);
            return Err(JqlError(format!(
                "Error in the JQL Query: Expecting either a value, list or function but got '{got}'. You must \
                 surround '{got}' in quotation marks to use it as a value. (line 1, character {column})"
            )));
        }
        Ok((operator, value))
    }

    fn order(&mut self) -> Result<(), JqlError> {
        let mut n_fields = 0;
        loop {
            let field = self.next_or("a field name")?;
            let sort = match field.text.to_ascii_lowercase().as_str() {
                "key" | "issuekey" | "id" | "issue" | "created" | "createddate" => Sort::Number,
                "updated" | "updateddate" => Sort::Updated,
                _ => return Err(JqlError(format!("Not able to sort using field '{}'.", field.text))),
            };
            let descending = self.take_word("desc");
            if !descending {
                self.take_word("asc");
            }
            let direction = if descending { Direction::Descending } else { Direction::Ascending };
            self.jql.order.get_or_insert((sort, direction));
            n_fields += 1;
            if !self.take_mark(",") {
                break;
            }
        }
        // Atlassian's limit and words, measured (see the facts on `/search/jql`).
        if n_fields > 7 {
            return Err(JqlError("JQL can be ordered by at most 7 fields.".to_owned()));
        }
        Ok(())
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| is_word(token, word)).is_some()
    }

    fn take_mark(&mut self, mark: &str) -> bool {
        self.tokens.next_if(|token| token.kind == Kind::Mark && token.text == mark).is_some()
    }

    fn next_or(&mut self, expected: &str) -> Result<Token, JqlError> {
        self.tokens.next().ok_or_else(|| at_end(expected))
    }

    fn unexpected(&mut self, expected: &str) -> JqlError {
        match self.tokens.next() {
            None => at_end(&format!("'{expected}'")),
            Some(token) => JqlError(format!(
                "Error in the JQL Query: Expecting '{expected}' but got '{}'. (line 1, character {})",
                token.text, token.column
            )),
        }
    }
}

fn is_word(token: &Token, word: &str) -> bool {
    token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word)
}

fn at_end(expected: &str) -> JqlError {
    JqlError(format!("Error in the JQL Query: Expecting {expected} before the end of the query."))
}

/// Valid JQL, perhaps, that the sandbox does not answer: these words are ours.
fn unsupported(token: &Token) -> JqlError {
    JqlError(format!(
        "Error in the JQL Query: the sandbox does not answer '{}'. It knows project, created, updated, id and \
         key, joined by AND, and ORDER BY key, created or updated. (line 1, character {})",
        token.text, token.column
    ))
}

fn narrow(range: &mut RangeInclusive<i64>, operator: &Token, value: i64) -> Result<(), JqlError> {
    let (from, to) = match operator.text.as_str() {
        "=" => (value, value),
        ">=" => (value, i64::MAX),
        ">" => (value.saturating_add(1), i64::MAX),
        "<=" => (i64::MIN, value),
        "<" => (i64::MIN, value.saturating_sub(1)),
        _ => return Err(unsupported(operator)),
    };
    *range = from.max(*range.start())..=to.min(*range.end());
    Ok(())
}
