//! Where `${VAR}` comes from.

use std::{collections::BTreeMap, fmt, path::Path};

/// The variables a file may name: those set for this run, those of the process, those of `.env`; first one wins.
#[derive(Clone, Default)]
pub struct Environment {
    set: BTreeMap<String, String>,
    process: BTreeMap<String, String>,
    dotenv: BTreeMap<String, String>,
}

impl Environment {
    /// No variables at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The variables of this process; those that are not UTF-8 are left out.
    pub fn process() -> Self {
        let process = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { process, ..Self::default() }
    }

    /// The same with these set for this run, above all others.
    #[must_use]
    pub fn with(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.set.extend(variables);
        self
    }

    /// The same with the lines of `path`, if there is such a file, below all others.
    ///
    /// # Errors
    /// A sentence naming the file and line that is not `NAME=value`; it never holds the value.
    pub fn with_dotenv(mut self, path: &Path) -> Result<Self, String> {
        let entries = match dotenvy::from_path_iter(path) {
            Ok(entries) => entries,
            Err(error) if error.not_found() => return Ok(self),
            Err(dotenvy::Error::Io(error)) => return Err(format!("{}: {error}", path.display())),
            Err(_) => return Err(format!("{}: not a list of NAME=value lines", path.display())),
        };
        for (index, entry) in entries.enumerate() {
            // The library's own message quotes the line, which may hold a secret.
            let (name, value) =
                entry.map_err(|_| format!("{}: entry {} is not NAME=value", path.display(), index + 1))?;
            self.dotenv.entry(name).or_insert(value);
        }
        Ok(self)
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        [&self.set, &self.process, &self.dotenv]
            .into_iter()
            .find_map(|layer| layer.get(name))
            .map(String::as_str)
    }

    /// All names, for "did you mean".
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        [&self.set, &self.process, &self.dotenv]
            .into_iter()
            .flat_map(|layer| layer.keys())
            .map(String::as_str)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets.
        f.debug_tuple("Environment").field(&self.names().count()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_wins_over_dotenv_and_errors_hide_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, "A=file\nB='two words'\n").unwrap();
        let environment = Environment::empty().with([("A".into(), "run".into())]).with_dotenv(&path).unwrap();
        assert_eq!(environment.get("A"), Some("run"));
        assert_eq!(environment.get("B"), Some("two words"));
        assert_eq!(environment.get("C"), None);
        std::fs::write(&path, "A=1\nhunter2 is my password\n").unwrap();
        let error = Environment::empty().with_dotenv(&path).unwrap_err();
        assert!(error.contains("entry 2") && !error.contains("hunter2"), "{error}");
    }
}
