//! The kinds a pipeline file may name.

use std::path::PathBuf;

use pipeline_config::{Field, Kind};
use pipeline_datasource::DatasourceBuild;
use pipeline_sink::SinkBuild;

/// Every kind of every section; plug-ins add theirs.
#[derive(Debug, Clone)]
pub struct Registry {
    /// The kinds of datasources.
    pub datasources: Vec<Kind<DatasourceBuild>>,
    /// The kinds of sinks.
    pub sinks: Vec<Kind<SinkBuild>>,
    pub(crate) worker: Option<PathBuf>,
}

/// One kind as `pipeline kinds` shows it.
#[derive(Debug, Clone, Copy)]
pub struct KindEntry {
    /// The YAML section: `datasource`, `auth`, `pagination`, `check` or `sink`.
    pub section: &'static str,
    /// The word after `kind:`.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Its keys.
    pub fields: &'static [Field],
}

impl Registry {
    /// The kinds this program comes with.
    pub fn builtin() -> Self {
        Self {
            datasources: pipeline_datasource::KINDS.to_vec(),
            sinks: pipeline_sink::KINDS.to_vec(),
            worker: None,
        }
    }

    /// The same with one more kind of datasource; one of the same name is replaced.
    #[must_use]
    pub fn with_datasource(mut self, kind: Kind<DatasourceBuild>) -> Self {
        self.datasources.retain(|known| known.name != kind.name);
        self.datasources.push(kind);
        self
    }

    /// The same with one more kind of sink; one of the same name is replaced.
    #[must_use]
    pub fn with_sink(mut self, kind: Kind<SinkBuild>) -> Self {
        self.sinks.retain(|known| known.name != kind.name);
        self.sinks.push(kind);
        self
    }

    /// The same, with the program that is started for converters in processes of their own.
    ///
    /// See [`ConverterSetup::program`](pipeline_worker::ConverterSetup): without it, converters run on threads.
    #[must_use]
    pub fn with_worker(mut self, program: Option<PathBuf>) -> Self {
        self.worker = program;
        self
    }

    /// All kinds, section by section.
    pub fn kinds(&self) -> Vec<KindEntry> {
        fn entries<B>(section: &'static str, kinds: &[Kind<B>]) -> impl Iterator<Item = KindEntry> {
            kinds.iter().map(move |kind| KindEntry {
                section,
                name: kind.name,
                summary: kind.summary,
                fields: kind.fields,
            })
        }
        entries("datasource", &self.datasources)
            .chain(entries("auth", pipeline_auth::KINDS))
            .chain(entries("pagination", pipeline_query::KINDS))
            .chain(entries("check", pipeline_table::CHECK_KINDS))
            .chain(entries("sink", &self.sinks))
            .collect()
    }
}
