//! The page of `pipeline serve` and `pipeline dev --studio` in a real browser.

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    panic::AssertUnwindSafe,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, error::CmdError, key::Key};
use futures::FutureExt;
use serde_json::json;

use crate::{
    auth,
    browser::{ask, free_port},
    run::pipeline,
    support::{Home, Killed, Site},
};

pub(crate) const SCRIPT: &str = "function convert(json) {
  return JSON.parse(json).issues.map(issue => ({
    Key: issue.key,
  }));
}
";

/// Debian's names, and those of others.
fn program(names: &[&str]) -> Option<String> {
    let runs =
        |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|done| done.status.success());
    names.iter().find(runs).map(|name| (*name).to_owned())
}

/// A browser.
pub(crate) struct Browser {
    pub(crate) client: Client,
}

impl Browser {
    /// Starts a driver and a browser that it steers.
    async fn start() -> (Self, Killed) {
        let driver = program(&["chromedriver"]).expect("these tests need chromedriver");
        let browser = program(&["chromium", "google-chrome", "chromium-browser"]);
        let browser = browser.expect("these tests need Chromium or Chrome");
        let port = free_port();
        let mut command = Command::new(driver);
        command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let driver = Killed(command.spawn().expect("it starts"));
        wait("the driver", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let options = json!({
            "binary": which(&browser),
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1400,900"],
        });
        let capabilities = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let capabilities = capabilities.as_object().expect("a map").clone();
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser");
        (Self { client }, driver)
    }

    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    /// The text of the first element, once there is one that shows `part`.
    pub(crate) async fn see(&self, css: &str, part: &str) -> String {
        let begin = Instant::now();
        loop {
            let text = self.text(css).await.unwrap_or_default();
            if text.contains(part) {
                return text;
            }
            if begin.elapsed() > Duration::from_secs(20) {
                let all = self.text("body").await.unwrap_or_default();
                panic!("no {part:?} in {css}, but {text:?}; the page says:\n{all}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn text(&self, css: &str) -> Result<String, CmdError> {
        let texts = format!(
            "return [...document.querySelectorAll({css})].map(one => one.innerText).join('\\n')",
            css = json!(css)
        );
        let text = self.client.execute(&texts, Vec::new()).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self
            .client
            .wait()
            .for_element(Locator::Css(css))
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Clicks the button with this text.
    pub(crate) async fn press(&self, text: &str) {
        let path = format!("//button[contains(., '{text}')] | //a[contains(., '{text}')]");
        let found = self.client.wait().for_element(Locator::XPath(&path)).await;
        found.unwrap_or_else(|error| panic!("{text}: {error}")).click().await.expect("clicked");
    }

    /// Writes this in the place of all code.
    pub(crate) async fn write(&self, code: &str) {
        let editor = self.client.wait().for_element(Locator::Css(".cm-content")).await.expect("an editor");
        editor.click().await.expect("focus");
        let all = format!("{}a{}", char::from(Key::Control), char::from(Key::Control));
        editor.send_keys(&all).await.expect("selected");
        // Typing it would have brackets closed; pasting is what people do with so much.
        let paste = "const data = new DataTransfer(); data.setData('text/plain', arguments[0]);
            document.querySelector('.cm-content').dispatchEvent(
                new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));";
        self.client.execute(paste, vec![json!(code)]).await.expect("pasted");
    }
}

fn which(program: &str) -> String {
    let found = Command::new("which").arg(program).output().expect("which");
    String::from_utf8_lossy(&found.stdout).trim().to_owned()
}

fn wait(what: &str, is_there: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_there() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what} is not there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs the steps of a test that a browser takes.
pub(crate) fn browse<F: Future<Output = ()>>(steps: impl FnOnce(Browser) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (browser, _driver) = Browser::start().await;
        let client = browser.client.clone();
        // The browser outlives its driver: closed first, also after a test that fails.
        let passed = AssertUnwindSafe(steps(browser)).catch_unwind().await;
        client.close().await.expect("closed");
        passed.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

/// A pipeline whose converter stands in a file of its own.
pub(crate) fn home(site: &Site) -> Home {
    let home = site.home();
    let inline = pipeline("", "{ kind: jsonl, path: out/issues }");
    let (begin, end) = (inline.find("converter:").expect("there"), inline.find("sink:").expect("there"));
    home.write("p/issues.yaml", &format!("{}converter: issues.js\n{}", &inline[..begin], &inline[end..]));
    home.write("p/issues.js", SCRIPT);
    home.write(
        "p/inline.yaml",
        &pipeline(
            "\n      return JSON.parse(json).issues.map(({ key }) => ({ key }));\n   ",
            "{ kind: jsonl, path: out/inline }",
        ),
    );
    // Pages of earlier tests must not be there.
    let cache = home.path("cache").to_string_lossy().into_owned();
    home.with([("XDG_CACHE_HOME", cache)])
}

pub(crate) fn serve(home: &Home, args: &[&str]) -> (Killed, String) {
    let mut child = home
        .command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let url = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let line = line.strip_prefix("in the browser: ").unwrap_or(&line);
        line.starts_with("http://").then(|| line.to_owned())
    });
    // Whoever prints to a pipe that nobody reads would wait for ever.
    std::thread::spawn(move || lines.for_each(drop));
    (Killed(child), url.expect("an address"))
}

#[test]
fn a_converter_is_edited_before_its_page() {
    let site = Site::with_issues(25);
    let home = home(&site);
    browse(async |browser| {
        let (_server, url) = serve(&home, &["serve", "p", "--port", "0"]);
        browser.open(&format!("{url}#/edit/issues")).await;
        browser.see(".pane.table header", "10 rows · 1 column").await;
        // The token has opened the page, and is not in the address any more.
        let address = browser.client.current_url().await.expect("an address");
        assert!(address.query().is_none() && address.fragment() == Some("/edit/issues"), "{address}");
        browser.see(".tree", "ABC-1").await;
        browser.see(".rows thead", "string").await;
        browser.see(".rows tbody", "ABC-10").await;

        // An edit runs at once, and writes nothing.
        browser
            .write(
                &SCRIPT.replace(
                    "Key: issue.key,",
                    "Key: issue.key,\n    Id: Number(issue.id),\n    None: null,",
                ),
            )
            .await;
        let head = browser.see(".rows thead", "Id").await;
        assert!(head.contains("int"), "{head}");
        browser.see(".rows tbody", "10001").await;
        browser.see(".rows tbody .null", "null").await;
        browser.see(".path.dirty", "issues.js").await;
        assert_eq!(home.read("p/issues.js"), SCRIPT);
        assert_eq!(site.stats().search_requests, 1);

        // Sorting twice puts the last one first.
        for order in ["ascending", "descending"] {
            browser.click("[data-column=Key]").await;
            browser.see(&format!("th[aria-sort={order}]"), "Key").await;
        }
        browser.see(".rows tbody tr:first-child", "ABC-10").await;

        // A mistake is shown with its place, in the code too; the last good table stays.
        browser.write(&SCRIPT.replace("issue.key", "issue.fieldz.key")).await;
        browser.see(".failure", "`issue.fieldz` is null or undefined").await;
        browser.see(".failure", "issues.js:3:10").await;
        browser.see(".cm-lintRange-error", "issue").await;
        browser.see(".pane.table header", "as of the last code that worked").await;
        browser.press("Go to line 3").await;
        browser.see(".cm-activeLine", "issue.fieldz.key").await;
    });
}

#[test]
fn code_is_saved_and_nobody_loses_theirs() {
    let site = Site::with_issues(25);
    let home = home(&site);
    browse(async |browser| {
        let (_server, url) = serve(&home, &["serve", "p", "--port", "0"]);
        browser.open(&format!("{url}#/edit/issues")).await;
        browser.see(".rows tbody", "ABC-10").await;

        // Saved with the keyboard; what nobody has changed meanwhile is replaced.
        let better = SCRIPT.replace("Key: issue.key", "Name: issue.key");
        browser.write(&better).await;
        browser.see(".rows thead", "Name").await;
        let editor = browser.client.find(Locator::Css(".cm-content")).await.expect("an editor");
        editor
            .send_keys(&format!("{}s{}", char::from(Key::Control), char::from(Key::Control)))
            .await
            .expect("pressed");
        browser.see("#toast", "Saved").await;
        assert_eq!(home.read("p/issues.js"), better);

        // A save elsewhere is taken over; one under the hands of somebody who edits is not lost.
        home.write("p/issues.js", &SCRIPT.replace("Key:", "Number:"));
        browser.see(".rows thead", "Number").await;
        browser.write(&better).await;
        browser.see(".rows thead", "Name").await;
        home.write("p/issues.js", &format!("// theirs\n{SCRIPT}"));
        browser.see("#toast", "your edits are kept").await;
        browser.press("Save").await;
        browser.see("dialog", "Somebody has changed this file").await;
        browser.press("Take what is on the disk").await;
        browser.see(".cm-content", "// theirs").await;
    });
}

#[test]
fn a_run_is_begun_watched_and_found_in_the_history() {
    let site = Site::with_issues(1_000);
    let home = home(&site);
    browse(async |browser| {
        let (_server, url) = serve(&home, &["serve", "p", "--port", "0"]);
        browser.open(&format!("{url}#/pipelines")).await;
        browser.see("section[aria-label=issues]", "never run").await;
        browser.click("section[aria-label=issues] button.main").await;
        browser.see("h1", "issues").await;
        browser.see(".log", "table `issues`").await;
        browser.see("header .tag", "done").await;
        browser.see(".list", "1,000 rows written").await;
        browser.see(".list table", "out/issues.jsonl").await;
        browser.press("All runs").await;
        browser.see("tbody", "1,000").await;
        // A second one has the charts appear; they say what they show.
        let (origin, token) = url.split_once("/?token=").expect("a token");
        let headers = format!("X-Pipeline: 1\r\nAuthorization: Bearer {token}\r\n");
        let visit = ask("POST", &format!("{origin}/api/pipelines/issues/run"), &headers);
        assert_eq!(visit.status, 202, "{}", visit.body);
        browser.see(".charts", "Duration of the last 2 runs").await;

        // On a phone nothing is wider than the screen.
        browser.client.set_window_size(420, 800).await.expect("smaller");
        for view in ["edit/issues", "pipelines", "runs", "datasources"] {
            browser.open(&format!("{url}#/{view}")).await;
            browser.see("main", "issues").await;
            let wide = "return document.documentElement.scrollWidth - innerWidth";
            assert_eq!(browser.client.execute(wide, Vec::new()).await.expect("a number"), json!(0), "{view}");
        }
        browser.see("section[aria-label=issues]", "logged in").await;
        // Nothing was refused, nothing failed, nothing came from elsewhere.
        let complaints = "return performance.getEntriesByType('resource').filter(one => !one.name.startsWith(location.origin)).length";
        assert_eq!(browser.client.execute(complaints, Vec::new()).await.expect("a number"), json!(0));
    });
}

#[test]
fn dev_shows_one_pipeline_and_follows_the_editor_of_its_author() {
    let site = Site::with_issues(25);
    let home = home(&site);
    browse(async |browser| {
        let (_dev, url) = serve(&home, &["dev", "p/inline.yaml", "--studio"]);
        browser.open(&url).await;
        browser.see(".rows tbody", "ABC-10").await;
        browser.see(".path", "inline.yaml (in the YAML)").await;
        // Both show the page that was fetched once.
        assert_eq!(site.stats().search_requests, 1);
        let text = home.read("p/inline.yaml");
        home.write("p/inline.yaml", &text.replace("=> ({ key })", "=> ({ key"));
        browser.see(".failure", "inline.yaml:").await;
        home.write("p/inline.yaml", &text.replace("=> ({ key })", "=> ({ key, two: 2 })"));
        browser.see(".rows thead", "two").await;
        // Code in the YAML is saved there.
        let code = browser.text(".cm-content").await.expect("code");
        browser.write(&code.replace("two: 2", "three: 3")).await;
        browser.see(".rows thead", "three").await;
        browser.press("Save").await;
        browser.see("#toast", "Saved").await;
        let text = home.read("p/inline.yaml");
        assert!(text.contains("three: 3") && text.contains("sink: { kind: jsonl"), "{text}");
    });
}

#[test]
fn a_login_is_begun_and_ended_in_the_browser() {
    let site = Site::with_issues(20);
    let home = home(&site);
    let callback = format!("    redirect_url: http://127.0.0.1:{}/callback", free_port());
    home.write("q/jira.yaml", &auth::pipeline(&callback));
    browse(async |browser| {
        let (_server, url) = serve(&home, &["serve", "q", "--port", "0"]);
        browser.open(&format!("{url}#/datasources")).await;
        browser.see("section[aria-label=jira]", "nobody has logged in").await;
        let here = browser.client.window().await.expect("a tab");
        browser.press("Log in").await;
        // The sandbox asks nobody, so that the other tab goes on to the callback by itself.
        browser.see("section[aria-label=jira]", "✓ logged in").await;
        let card = browser.see("section[aria-label=jira]", "Zoë Müller").await;
        assert!(card.contains("read:jira-work") && card.contains("renewed by itself"), "{card}");
        let tabs = browser.client.windows().await.expect("tabs");
        let there = tabs.into_iter().find(|tab| *tab != here).expect("another tab");
        browser.client.switch_to_window(there).await.expect("switched");
        browser.see("body", "You can close this page").await;
        browser.client.switch_to_window(here).await.expect("switched");
        browser.press("Log out").await;
        browser.see("section[aria-label=jira]", "nobody has logged in").await;
    });
    assert_eq!(site.stats().refreshes, 0);
}

#[test]
fn who_has_no_token_sees_the_form_and_nothing_else() {
    let site = Site::with_issues(25);
    let home = home(&site).with([("PIPELINE_SERVE_TOKEN", "correct horse battery")]);
    let (_server, url) = serve(&home, &["serve", "p", "--port", "0"]);
    for path in ["/api/pipelines/issues/desk", "/api/pipelines/issues/page?table=issues", "/studio/app.js"] {
        assert_eq!(ask("GET", &format!("{url}{path}"), "").status, 401, "{path}");
    }
    browse(async |browser| {
        browser.open(&url).await;
        browser.see("form", "Token of this server").await;
        let field = browser.client.find(Locator::Css("#token")).await.expect("a field");
        field.send_keys("correct horse battery").await.expect("typed");
        browser.press("Enter").await;
        browser.see(".rows tbody", "ABC-1").await;
    });
}
