//! Credentials among the arguments of a program, which may repeat them in what it says when it fails.

use super::Section;
use crate::{Spanned, credential::is_credential_parameter, credentials_in};

impl Section<'_> {
    /// Keeps what `words` tell a program as a credential out of messages, and warns of it where it is written in the file.
    pub fn hide_arguments(&self, words: &[Spanned<String>]) {
        let reader = self.reader();
        for (index, credential) in credentials(words.iter().map(|word| word.value.as_str())) {
            reader.note_secret(&credential);
            reader.warn_of_written_credential(words[index].span);
        }
    }
}

/// Which word has a credential, and the credential: behind a flag whose name says so (`--password x`, `--api-key=x`), and passwords
/// in addresses and connection strings.
fn credentials<'w>(words: impl Iterator<Item = &'w str>) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_next = false;
    for (index, word) in words.enumerate() {
        let flag = word.strip_prefix('-').map(|flag| flag.trim_start_matches('-'));
        let (name, value) = match flag.and_then(|flag| flag.split_once('=')) {
            Some((name, value)) => (Some(name), Some(value)),
            None => (flag, None),
        };
        let is_named = name.is_some_and(is_credential_parameter);
        let said = value.unwrap_or(word);
        if is_named && value.is_some() || is_next && flag.is_none() {
            found.push((index, said.to_owned()));
        }
        found.extend(credentials_in(said).into_iter().map(|password| (index, password)));
        is_next = is_named && value.is_none();
    }
    found.retain(|(_, credential)| !credential.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_is_told_as_a_credential_is_found() {
        for (words, expected) in [
            ("tap.py --password hunter2 --page 3", vec![(2, "hunter2")]),
            ("--api-key=k3y --token t0k -v", vec![(0, "k3y"), (2, "t0k")]),
            ("--dsn postgres://me:pw@h/db", vec![(1, "postgres://me:pw@h/db"), (1, "pw")]),
            ("--url=postgres://me:pw@h/db postgres://me:other@h/db", vec![(0, "pw"), (1, "other")]),
            ("read op://vault/item/token --token --verbose", vec![]),
            ("--token-file /run/secrets/x --keys A,B --max-tokens 4000", vec![]),
        ] {
            let found = credentials(words.split(' '));
            let found: Vec<(usize, &str)> =
                found.iter().map(|(index, credential)| (*index, credential.as_str())).collect();
            assert_eq!(found, expected, "{words}");
        }
    }
}
