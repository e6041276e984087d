//! What every command that reads a pipeline file needs.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use etcetera::BaseStrategy;
use pipeline_config::{Environment, of_temporary};
use pipeline_engine::{Access, EndedRun, LoadOptions, Observer, Plan, Registry, Silent, load};
use pipeline_history::Outputs;
use pipeline_sandbox::{Sandbox, SandboxOptions};
use pipeline_transport::Redactor;

use crate::{
    Failure,
    args::{AuthFile, PipelineArgs},
    terminal::Terminal,
};

/// One call of the program.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) registry: Registry,
    pub(crate) terminal: Terminal,
    pub(crate) redactor: Redactor,
    pub(crate) state_dir: Option<PathBuf>,
    /// When the program was started, or what is to count as that.
    pub(crate) now: jiff::Timestamp,
    /// The runs that are closed when nothing else is left to do, since a process that is killed before has not ended them.
    pub(crate) ended: Arc<Mutex<Vec<EndedRun>>>,
}

/// Where pipelines are read and run; opened once, however often the file is read.
#[derive(Debug)]
pub(crate) struct RuntimeContext {
    sandbox: Option<Sandbox>,
    issues: usize,
    state: PathBuf,
    /// Logins at the sandbox end with it; they never mix with real ones.
    logins: Option<tempfile::TempDir>,
    outputs: Outputs,
}

impl RuntimeContext {
    /// The folder below which locks, journals and the history are kept.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// The folder below which logins are kept.
    pub(crate) fn logins(&self) -> &Path {
        self.logins.as_ref().map_or(&self.state, tempfile::TempDir::path)
    }

    /// Which targets runs write to.
    pub(crate) fn outputs(&self) -> Outputs {
        self.outputs
    }

    /// For commands that write to targets, or look at what runs have written: where there is a sandbox, not to the real ones.
    pub(crate) fn that_write(mut self) -> Self {
        self.outputs = self.outputs_of_runs();
        self
    }

    /// Which targets runs write to that begin here, whatever the command itself does.
    pub(crate) fn outputs_of_runs(&self) -> Outputs {
        if self.sandbox.is_some() { Outputs::Sandbox } else { Outputs::Real }
    }

    /// The variables of the process, with those of the sandbox.
    pub(crate) fn environment(&self) -> Environment {
        self.with_sandbox(Environment::process())
    }

    /// What tells pages of the sandbox from those of real servers.
    pub(crate) fn place(&self) -> String {
        match self.sandbox {
            Some(_) => format!("sandbox of {}", self.issues),
            None => String::new(),
        }
    }

    /// `environment`, with the variables of the sandbox where there is one.
    pub(crate) fn with_sandbox(&self, environment: Environment) -> Environment {
        match &self.sandbox {
            Some(sandbox) => {
                let variables = sandbox.variables().into_iter();
                environment.with(variables.map(|(name, value)| (name.to_owned(), value)))
            }
            None => environment,
        }
    }
}

/// A plan and what must live as long as it is used.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) plan: Plan,
    _runtime: RuntimeContext,
}

impl Session {
    /// Keeps a run open until nothing else is left to do, or until that is of no use any more.
    pub(crate) fn close_last(&self, run: EndedRun) {
        let mut open = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(run);
        let (old, young) = std::mem::take(&mut *open).into_iter().partition(EndedRun::is_past);
        *open = young;
        drop(open);
        old.into_iter().for_each(|run: EndedRun| drop(run.close()));
    }

    /// Closes the runs that have waited for this, as the last act of the process.
    pub(crate) fn close(self) {
        let open = std::mem::take(&mut *self.ended.lock().unwrap_or_else(PoisonError::into_inner));
        drop(self);
        EndedRun::close_at_exit(open);
    }

    /// Reads the file, after starting the sandbox where that was asked for.
    pub(crate) async fn open(
        &self,
        args: &PipelineArgs,
        observer: Arc<dyn Observer>,
    ) -> Result<Opened, Failure> {
        let runtime = self.runtime(args.sandbox.issues()).await?;
        self.open_in(args, runtime, observer)
    }

    /// The same for a command that writes to targets, or looks at what runs have written.
    pub(crate) async fn open_to_write(
        &self,
        args: &PipelineArgs,
        observer: Arc<dyn Observer>,
    ) -> Result<Opened, Failure> {
        let runtime = self.runtime(args.sandbox.issues()).await?;
        self.open_in(args, runtime.that_write(), observer)
    }

    fn open_in(
        &self,
        args: &PipelineArgs,
        runtime: RuntimeContext,
        observer: Arc<dyn Observer>,
    ) -> Result<Opened, Failure> {
        let plan = self.load(args, &runtime, observer)?;
        Ok(Opened { plan, _runtime: runtime })
    }

    /// Starts a sandbox of so many issues where one was asked for.
    pub(crate) async fn runtime(&self, sandbox: Option<usize>) -> Result<RuntimeContext, Failure> {
        let Some(issues) = sandbox else {
            let (state, outputs) = (self.state()?, Outputs::Real);
            return Ok(RuntimeContext { sandbox: None, issues: 0, state, logins: None, outputs });
        };
        let sandbox = Sandbox::start(SandboxOptions { issues, ..SandboxOptions::default() }).await?;
        let folder = tempfile::tempdir().map_err(|error| of_temporary(&error))?;
        let state = self.state()?;
        Ok(RuntimeContext {
            sandbox: Some(sandbox),
            issues,
            state,
            logins: Some(folder),
            outputs: Outputs::Real,
        })
    }

    /// Reads the file.
    pub(crate) fn load(
        &self,
        args: &PipelineArgs,
        runtime: &RuntimeContext,
        observer: Arc<dyn Observer>,
    ) -> Result<Plan, Failure> {
        let options = self.load_options(args, runtime, observer)?;
        let loaded = load(&self.registry, &args.file, &options);
        let loaded = loaded.map_err(|invalid| Failure::of_file(invalid, args))?;
        if !loaded.warnings.is_empty() {
            self.terminal.say(self.redactor.redact(&loaded.warnings));
        }
        Ok(loaded.plan)
    }

    /// What a file is read with.
    pub(crate) fn load_options(
        &self,
        args: &PipelineArgs,
        runtime: &RuntimeContext,
        observer: Arc<dyn Observer>,
    ) -> Result<LoadOptions, Failure> {
        let environment = self.environment(&args.file)?;
        Ok(LoadOptions {
            environment: runtime.with_sandbox(environment),
            params: args.params.clone(),
            now: self.now,
            state: runtime.state.clone(),
            logins: runtime.logins().to_owned(),
            outputs: runtime.outputs,
            redactor: self.redactor.clone(),
            observer,
            style: self.terminal.style(),
        })
    }

    /// The folder below which what can be had again is kept.
    pub(crate) fn cache(&self) -> Result<PathBuf, Failure> {
        let strategy = etcetera::choose_base_strategy()
            .map_err(|_| Failure::usage("there is no home folder; set `XDG_CACHE_HOME`"))?;
        Ok(strategy.cache_dir().join("pipeline"))
    }

    /// Reads only who we are to the server.
    pub(crate) fn access(&self, file: &AuthFile) -> Result<Access, Failure> {
        let options = LoadOptions {
            environment: self.environment(&file.file)?,
            params: Vec::new(),
            now: self.now,
            state: self.state()?,
            logins: self.state()?,
            outputs: Outputs::Real,
            redactor: self.redactor.clone(),
            observer: Arc::new(Silent),
            style: self.terminal.style(),
        };
        let access = Access::open(&self.registry, &file.file, &options)?;
        if !access.warnings.is_empty() {
            self.terminal.say(self.redactor.redact(&access.warnings));
        }
        Ok(access)
    }

    /// The variables of the process and of the `.env` beside the file.
    pub(crate) fn environment(&self, file: &Path) -> Result<Environment, Failure> {
        let beside = file.parent().unwrap_or(Path::new("")).join(".env");
        Environment::process().with_dotenv(&beside).map_err(Failure::usage)
    }

    /// The folder below which logins are kept.
    pub(crate) fn state(&self) -> Result<PathBuf, Failure> {
        if let Some(folder) = &self.state_dir {
            return Ok(folder.clone());
        }
        let strategy = etcetera::choose_base_strategy()
            .map_err(|_| Failure::usage("there is no home folder; say `--state-dir DIR`"))?;
        let base = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
        Ok(base.join("pipeline"))
    }
}
