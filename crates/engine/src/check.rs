//! Tries everything that a run needs, one thing after the other, and writes nothing.

use std::time::{Duration, Instant};

use pipeline_auth::LoginStatus;
use pipeline_converter::Isolation;
use pipeline_worker::has_system_call_filter;

use crate::{
    plan::{Plan, TablePlan},
    preview::{convert_first, first_page},
    run::{RunError, rounded_warning},
    summary::Incomplete,
};

/// One line of the checklist.
#[derive(Debug)]
pub struct CheckStep {
    /// What was tried.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub elapsed: Duration,
}

/// What came of one step.
#[derive(Debug)]
pub enum Outcome {
    /// It works; in words.
    Passed(String),
    /// It works so far, but the user should know.
    Doubtful(String),
    /// It does not work.
    Failed(RunError),
    /// It was not tried, since what it needs does not work.
    Skipped,
}

/// Tries the token, its scopes, the site, the test path, and for each table one page and the converter on it.
///
/// Goes on after a failure where that can tell more; each step is also given to `on_step` as soon as it is done.
pub async fn check(plan: &Plan, on_step: &mut (dyn FnMut(&CheckStep) + Send)) -> Vec<CheckStep> {
    let mut list = Checklist { steps: Vec::new(), on_step };
    list.isolation(plan);
    if list.credential(plan).await {
        list.site(plan).await;
        list.test_path(plan).await;
        for table in &plan.tables {
            list.table(plan, table).await;
        }
    } else {
        list.skip(TEST_PATH);
        for table in &plan.tables {
            list.skip(page_of(table));
            list.skip(rows_of(table));
        }
    }
    list.steps
}

const TEST_PATH: &str = "test path";

fn page_of(table: &TablePlan) -> String {
    format!("page of {}", table.name)
}

fn rows_of(table: &TablePlan) -> String {
    format!("rows of {}", table.name)
}

struct Checklist<'c> {
    steps: Vec<CheckStep>,
    on_step: &'c mut (dyn FnMut(&CheckStep) + Send),
}

impl Checklist<'_> {
    fn add(&mut self, name: impl Into<String>, started: Instant, outcome: Outcome) {
        let step = CheckStep { name: name.into(), outcome, elapsed: started.elapsed() };
        (self.on_step)(&step);
        self.steps.push(step);
    }

    /// Says where scripts are held less tightly than they could be.
    fn isolation(&mut self, plan: &Plan) {
        let scripts = plan.tables.iter().filter(|table| table.converter.script.is_shown());
        let on_threads = scripts.clone().filter(|table| table.converter.isolation == Isolation::Thread);
        let on_threads: Vec<String> = on_threads.map(|table| format!("`{}`", table.name)).collect();
        let note = if !on_threads.is_empty() {
            let tables = on_threads.join(", ");
            format!(
                "`isolation: thread` runs the script of {tables} inside this program: memory is not limited, and only the \
                 engine keeps it from files, network and processes; `isolation: process` has the kernel keep it, too"
            )
        } else if scripts.count() > 0 && !has_system_call_filter() {
            "this system has no filter of system calls: only the engine, and on Linux the limit of open files, keep a script \
             from files, network and processes"
                .to_owned()
        } else {
            return;
        };
        self.add("isolation", Instant::now(), Outcome::Doubtful(note));
    }

    /// The credential and what it is good for; whether there is one.
    async fn credential(&mut self, plan: &Plan) -> bool {
        let Some(authenticator) = plan.datasource.authenticator() else { return true };
        let started = Instant::now();
        let ready = authenticator.ready().await;
        let is_ready = ready.is_ok();
        let status = authenticator.oauth2().map(|login| login.status());
        let name = if authenticator.oauth2().is_some() { "token" } else { "credentials" };
        let outcome = match (ready, &status) {
            (Err(error), _) => Outcome::Failed(error.into()),
            (Ok(()), Some(Ok(status))) => Outcome::Passed(validity(status)),
            (Ok(()), _) => Outcome::Passed("there".into()),
        };
        self.add(name, started, outcome);
        if let (true, Some(Ok(status))) = (is_ready, status)
            && !status.wanted.is_empty()
        {
            self.add("scopes", Instant::now(), scopes(&status));
        }
        is_ready
    }

    fn skip(&mut self, name: impl Into<String>) {
        self.add(name, Instant::now(), Outcome::Skipped);
    }

    async fn site(&mut self, plan: &Plan) {
        let started = Instant::now();
        match plan.datasource.locate().await {
            Ok(None) => {}
            Ok(Some(site)) => self.add("site", started, Outcome::Passed(site)),
            Err(error) => self.add("site", started, Outcome::Failed(error.into())),
        }
    }

    async fn test_path(&mut self, plan: &Plan) {
        let started = Instant::now();
        let outcome = match plan.datasource.test().await {
            Ok(tested) => {
                let whose = tested.account.map(|account| format!(", as {account}")).unwrap_or_default();
                // Files and programs have no status.
                let status = Some(tested.status).filter(|status| *status > 0);
                let status = status.map(|status| format!(": {status}")).unwrap_or_default();
                Outcome::Passed(format!("{}{status}{whose}", tested.url))
            }
            Err(error) => Outcome::Failed(error.into()),
        };
        self.add(TEST_PATH, started, outcome);
    }

    async fn table(&mut self, plan: &Plan, table: &TablePlan) {
        let started = Instant::now();
        let page = match first_page(plan, table).await {
            Ok(page) => page,
            Err(error) => {
                self.add(page_of(table), started, Outcome::Failed(error));
                return self.skip(rows_of(table));
            }
        };
        let in_all = page.total.map(|total| format!(", {total} records in all")).unwrap_or_default();
        let found = format!("{} bytes{in_all}", page.body.len());
        let outcome = match &page.doubt {
            Some(doubt) => Outcome::Doubtful(format!("{found}; {}", Incomplete::of(doubt))),
            None => Outcome::Passed(found),
        };
        self.add(page_of(table), started, outcome);
        let started = Instant::now();
        let outcome = match convert_first(plan, table, page).await {
            Ok(preview) if preview.rows.num_rows() == 0 => {
                Outcome::Doubtful("the converter made no rows of this page".into())
            }
            Ok(preview) => {
                let found = format!("{} rows, {} columns", preview.rows.num_rows(), preview.columns.len());
                let rounded = preview.rounded.iter().map(|(column, found)| rounded_warning(column, found.n));
                let warnings: Vec<String> = rounded.chain(preview.warnings.iter().cloned()).collect();
                match warnings.is_empty() {
                    true => Outcome::Passed(found),
                    false => Outcome::Doubtful(format!("{found}\n{}", warnings.join("\n"))),
                }
            }
            Err(error) => Outcome::Failed(error),
        };
        self.add(rows_of(table), started, outcome);
    }
}

fn validity(status: &LoginStatus) -> String {
    let until = status.expires_at.map(|end| format!("until {}", end.strftime("%Y-%m-%d %H:%M UTC")));
    let until = until.unwrap_or_else(|| "for as long as the server takes it".into());
    match status.is_renewable {
        true => format!("valid {until}, then renewed"),
        false => format!("valid {until}; there is no refresh token to renew it with"),
    }
}

fn scopes(status: &LoginStatus) -> Outcome {
    let missing = status.missing_scopes();
    match &status.granted {
        None => Outcome::Doubtful("the server did not say which it granted".into()),
        Some(granted) if missing.is_empty() => Outcome::Passed(granted.join(", ")),
        Some(granted) => Outcome::Doubtful(format!(
            "{} not granted, only {}; add what is missing to the application and log in again",
            missing.join(", "),
            granted.join(", ")
        )),
    }
}
