//! The files of a new pipeline.

mod names;
mod openapi;
mod sample;
mod yaml;

use std::path::{Path, PathBuf};

use pipeline_engine::Registry;

use super::json_schema;

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its path below the folder.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    /// Whether other pipelines use it too: one that is there already stays as it is.
    pub is_shared: bool,
}

/// Why there are no files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScaffoldError {
    /// The name cannot be that of files.
    #[error("`{name}` is no name for a pipeline\n  = help: letters, digits, `_` and `-` are")]
    Name {
        /// The name.
        name: String,
    },
    /// There is no such template.
    #[error("there is no template `{from}`; {known}")]
    Template {
        /// What was asked for.
        from: String,
        /// The nearest and all that there are.
        known: String,
    },
    /// The description of the API cannot be used.
    #[error("{}: {problem}", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: String,
    },
}

struct Template {
    name: &'static str,
    pipeline: &'static str,
    converter: &'static str,
    case: &'static str,
}

const TEMPLATES: &[Template] = &[
    Template {
        name: "rest",
        pipeline: include_str!("scaffold/templates/rest.yaml"),
        converter: include_str!("scaffold/templates/rest.js"),
        case: include_str!("scaffold/templates/rest.json"),
    },
    Template {
        name: "jira",
        pipeline: include_str!("scaffold/templates/jira.yaml"),
        converter: include_str!("scaffold/templates/jira.js"),
        case: include_str!("scaffold/templates/jira.json"),
    },
    Template {
        name: "github",
        pipeline: include_str!("scaffold/templates/github.yaml"),
        converter: include_str!("scaffold/templates/github.js"),
        case: include_str!("scaffold/templates/github.json"),
    },
    Template {
        name: "gitlab",
        pipeline: include_str!("scaffold/templates/gitlab.yaml"),
        converter: include_str!("scaffold/templates/gitlab.js"),
        case: include_str!("scaffold/templates/gitlab.json"),
    },
];

/// What comes before the path of a description.
const OPENAPI: &str = "openapi:";

/// The files of a new pipeline: the pipeline, its converter, a case, and what editors need.
///
/// `from` names a template, or the description of an API as `openapi:FILE` or `openapi:FILE#/path`.
///
/// # Errors
/// [`ScaffoldError`].
pub fn scaffold(registry: &Registry, name: &str, from: &str) -> Result<Vec<NewFile>, ScaffoldError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.starts_with('-') || !name.chars().all(is_plain) {
        return Err(ScaffoldError::Name { name: name.to_owned() });
    }
    let [pipeline, converter, case] = match from.strip_prefix(OPENAPI) {
        Some(description) => openapi::files(registry, name, description)?,
        None => from_template(name, from)?,
    };
    let schema = format!("{:#}\n", json_schema(registry));
    let own = |path: String, text: String| NewFile { path: path.into(), text, is_shared: false };
    let shared =
        |path: &str, text: &str| NewFile { path: path.into(), text: text.to_owned(), is_shared: true };
    Ok(vec![
        own(format!("pipelines/{name}.yaml"), pipeline),
        own(format!("converters/{name}.js"), converter),
        own(format!("converters/{name}.cases/example.json"), case),
        shared("pipelines/pipeline.schema.json", &schema),
        shared("converters/pipeline.d.ts", include_str!("../../../converters/pipeline.d.ts")),
        shared("converters/jsconfig.json", include_str!("../../../converters/jsconfig.json")),
    ])
}

fn from_template(name: &str, from: &str) -> Result<[String; 3], ScaffoldError> {
    let Some(template) = TEMPLATES.iter().find(|template| template.name == from) else {
        let known: Vec<&str> =
            TEMPLATES.iter().map(|template| template.name).chain(["openapi:FILE"]).collect();
        let known = pipeline_config::known_names(from, known);
        return Err(ScaffoldError::Template { from: from.to_owned(), known });
    };
    Ok([template.pipeline, template.converter, template.case].map(|text| text.replace("{{name}}", name)))
}

/// The file and the path after `#`.
fn split_description(description: &str) -> (&Path, Option<&str>) {
    match description.split_once('#') {
        Some((file, path)) => (Path::new(file), Some(path).filter(|path| !path.is_empty())),
        None => (Path::new(description), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        for name in ["", "../x", "a/b", "a b", "-x"] {
            assert!(scaffold(&Registry::builtin(), name, "rest").is_err(), "{name}");
        }
        let error = scaffold(&Registry::builtin(), "x", "jir").unwrap_err().to_string();
        assert!(error.contains("did you mean `jira`?"), "{error}");
    }

    #[test]
    fn every_template_names_its_own_files() {
        for template in TEMPLATES {
            let files = scaffold(&Registry::builtin(), "mine", template.name).unwrap();
            assert!(files.iter().all(|file| !file.text.contains("{{")), "{}", template.name);
            assert!(files[0].text.contains("converter: ../converters/mine.js"), "{}", template.name);
        }
    }
}
