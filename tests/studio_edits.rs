//! Edits in the studio: none is lost, none is written over another.

use fantoccini::{Locator, key::Key};
use serde_json::json;

use crate::{
    browser::free_port,
    studio::{Browser, SCRIPT, browse, home, serve},
    support::{Home, Site},
};

const TOKEN: &str = "correct horse battery";

impl Browser {
    /// Presses a key together with Control, so often.
    async fn control(&self, key: char, times: usize) {
        let editor = self.client.find(Locator::Css(".cm-content")).await.expect("an editor");
        editor.click().await.expect("focus");
        let keys = format!(
            "{}{}{}",
            char::from(Key::Control),
            key.to_string().repeat(times),
            char::from(Key::Control)
        );
        editor.send_keys(&keys).await.expect("pressed");
    }

    async fn code(&self) -> String {
        self.text(".cm-content").await.expect("code")
    }

    async fn is_enabled(&self, button: &str) -> bool {
        let script = "return [...document.querySelectorAll('button')].some(one => one.textContent === arguments[0] && !one.disabled)";
        self.client.execute(script, vec![json!(button)]).await.expect("a yes or no") == json!(true)
    }

    async fn enter_token(&self, field: &str) {
        let field = self.client.wait().for_element(Locator::Css(field)).await.expect("a field");
        field.send_keys(TOKEN).await.expect("typed");
        self.press("Enter").await;
    }
}

fn edited(mark: &str) -> String {
    SCRIPT.replace("Key: issue.key", &format!("{mark}: issue.key"))
}

#[test]
fn undo_ends_at_the_file_as_it_was_opened() {
    let site = Site::with_issues(25);
    let home = home(&site);
    browse(async |browser| {
        let (_server, url) = serve(&home, &["serve", "p", "--port", "0"]);
        browser.open(&format!("{url}/#/edit/issues")).await;
        browser.see(".rows tbody", "ABC-10").await;
        browser.control('z', 5).await;
        assert!(browser.code().await.contains("JSON.parse"), "{}", browser.code().await);
        browser.control('s', 1).await;
        assert_eq!(home.read("p/issues.js"), SCRIPT);

        browser.write(&edited("One")).await;
        browser.see(".rows thead", "One").await;
        browser.control('z', 20).await;
        browser.see(".rows thead", "Key").await;
        assert!(!browser.is_enabled("Save").await);

        // A save elsewhere is the file as it is opened: undo leads to nothing older.
        home.write("p/issues.js", &edited("Theirs"));
        browser.see(".rows thead", "Theirs").await;
        browser.control('z', 5).await;
        assert!(browser.code().await.contains("Theirs"), "{}", browser.code().await);

        // No code at all is not saved, and that stays to be read.
        browser.write(" ").await;
        browser.control('s', 1).await;
        browser.see(".failure", "there is no code to write").await;
        assert_eq!(home.read("p/issues.js"), edited("Theirs"));
    });
}

#[test]
fn edits_outlive_views_reloads_and_restarts_and_conflicts_are_asked_about() {
    let site = Site::with_issues(25);
    let home = home(&site);
    browse(async |browser| {
        let port = free_port().to_string();
        let args = ["serve", "p", "--port", &port];
        let (server, url) = serve(&home, &args);
        let editor = format!("{url}/#/edit/issues");
        browser.open(&editor).await;
        browser.see(".rows tbody", "ABC-10").await;
        browser.write(&edited("Mine")).await;
        browser.see(".rows thead", "Mine").await;

        // Another view, and a save by somebody else meanwhile.
        browser.press("Runs").await;
        browser.see("main", "Nothing has run yet").await;
        home.write("p/issues.js", &edited("Theirs"));
        browser.open(&format!("{url}/#/pipelines")).await;
        browser.see("section[aria-label=issues]", "unsaved").await;
        browser.open(&editor).await;
        browser.see(".rows thead", "Mine").await;
        browser.see(".path", "changed on the disk").await;
        browser.press("Save").await;
        browser.see("dialog", "Somebody has changed this file").await;
        browser.see("dialog", "What is on the disk").await;
        browser.press("Go on editing").await;
        assert_eq!(home.read("p/issues.js"), edited("Theirs"));

        // A reload, and a server that is started anew: the edits are there, and so is what they were based on.
        browser.client.refresh().await.expect("again");
        browser.see(".rows thead", "Mine").await;
        drop(server);
        let (_server, _) = serve(&home, &args);
        browser.client.refresh().await.expect("again");
        browser.see(".rows thead", "Mine").await;
        browser.control('s', 1).await;
        browser.see("dialog", "Somebody has changed this file").await;
        browser.press("Replace it with mine").await;
        browser.see("#toast", "Saved").await;
        assert_eq!(home.read("p/issues.js"), edited("Mine"));

        // Undo leads to the file as it was opened, across a reload too; then nothing is left to be saved.
        browser.write(&edited("More")).await;
        browser.see(".rows thead", "More").await;
        browser.client.refresh().await.expect("again");
        browser.see(".rows thead", "More").await;
        browser.control('z', 5).await;
        browser.see(".rows thead", "Mine").await;
        assert!(!browser.is_enabled("Save").await);
        browser.open(&format!("{url}/#/pipelines")).await;
        assert!(!browser.see("section[aria-label=issues]", "Edit").await.contains("unsaved"));
    });
}

#[test]
fn edits_of_a_tab_that_is_gone_go_to_the_next_one() {
    let site = Site::with_issues(25);
    let home = home(&site);
    browse(async |browser| {
        let (_server, url) = serve(&home, &["serve", "p", "--port", "0"]);
        let editor = format!("{url}/#/edit/issues");
        browser.open(&editor).await;
        browser.see(".rows tbody", "ABC-10").await;
        browser.write(&edited("Mine")).await;
        browser.see(".rows thead", "Mine").await;
        let first = browser.client.window().await.expect("a tab");
        browser.client.new_window(true).await.expect("another tab");
        let tabs = browser.client.windows().await.expect("tabs");
        let second = tabs.into_iter().find(|tab| *tab != first).expect("another tab");
        browser.client.switch_to_window(second.clone()).await.expect("switched");
        browser.open(&editor).await;
        // It is somebody else's who is still at it.
        browser.see(".rows thead", "Key").await;
        browser.client.switch_to_window(first).await.expect("switched");
        browser.client.close_window().await.expect("closed");
        browser.client.switch_to_window(second).await.expect("switched");
        browser.client.refresh().await.expect("again");
        browser.see(".rows thead", "Mine").await;
        browser.press("Save").await;
        browser.see("#toast", "Saved").await;
        assert_eq!(home.read("p/issues.js"), edited("Mine"));
        browser.client.refresh().await.expect("again");
        browser.see(".rows thead", "Mine").await;
        assert!(!browser.is_enabled("Save").await);
    });
}

#[test]
fn a_session_that_ends_takes_no_edits_along() {
    let site = Site::with_issues(25);
    let home: Home = home(&site).with([("PIPELINE_SERVE_TOKEN", TOKEN)]);
    browse(async |browser| {
        let port = free_port().to_string();
        let args = ["serve", "p", "--port", &port];
        let (server, url) = serve(&home, &args);
        browser.open(&format!("{url}/#/edit/issues")).await;
        browser.enter_token("#token").await;
        browser.open(&format!("{url}/#/edit/issues")).await;
        browser.see(".rows tbody", "ABC-10").await;
        drop(server);
        let (_server, _) = serve(&home, &args);
        browser.write(&edited("Mine")).await;
        browser.see("dialog", "The session has ended").await;
        // Closed, it does not come back with every key; there is a way to it.
        browser.press("Not now").await;
        browser.write(&edited("Ours")).await;
        browser.see("#session", "enter the token").await;
        assert_eq!(browser.text("dialog").await.unwrap_or_default(), "");
        browser.press("enter the token").await;
        let field = browser.client.wait().for_element(Locator::Css("#session-token")).await.expect("a field");
        field.send_keys("not this one at all").await.expect("typed");
        browser.press("Enter").await;
        browser.see("dialog", "this is not the token").await;
        field.clear().await.expect("emptied");
        browser.enter_token("#session-token").await;
        browser.see("#session", "").await;
        browser.write(&edited("Yours")).await;
        browser.see(".rows thead", "Yours").await;
        // Events come again.
        home.write("p/issues.js", &edited("Theirs"));
        browser.see("#toast", "your edits are kept").await;
    });
}

#[test]
fn order_and_statistics_are_of_all_rows() {
    let site = Site::with_issues(25);
    let home = home(&site);
    let many = "function convert() {\n  return Array.from({ length: 5000 }, (_, id) => ({ id }));\n}\n";
    home.write("p/issues.js", many);
    browse(async |browser| {
        let (_server, url) = serve(&home, &["serve", "p", "--port", "0"]);
        browser.open(&format!("{url}/#/edit/issues")).await;
        browser.see(".pane.table header", "5,000 rows").await;
        for order in ["ascending", "descending"] {
            browser.click("[data-column=id]").await;
            browser.see(&format!("th[aria-sort={order}]"), "id").await;
        }
        browser.see(".rows tbody tr:first-child", "4999").await;
        browser.click("button.chart").await;
        let facts = browser.see("dialog", "greatest").await;
        assert!(facts.contains("5,000") && facts.contains("4999"), "{facts}");
    });
}
