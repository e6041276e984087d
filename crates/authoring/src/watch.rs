//! Waits until files that matter say something else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::identity::Identity;

/// A burst of events is over when nothing came for so long; an editor's save takes a millisecond or two.
const QUIET: Duration = Duration::from_millis(8);
/// However many events there are, somebody waits for a table.
const MAX_BURST: Duration = Duration::from_millis(60);
/// How long a file may be gone or empty in the middle of a save.
const MAX_GAP: Duration = Duration::from_millis(250);
/// How often it is asked whether the paths of folders lead elsewhere: events come from the folders that were there before.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Files cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("files cannot be watched: {0}")]
pub struct WatchError(#[from] notify::Error);

/// Watches the files that a function lists; the list may change whenever a file does.
///
/// The folders are watched, not the files, since many editors save by renaming a new file over the old one; and contents
/// are compared, since not every event is a change.
pub struct Watch {
    list: Box<dyn FnMut() -> BTreeSet<PathBuf> + Send + Sync>,
    watcher: RecommendedWatcher,
    woken: Arc<Notify>,
    /// Those that are watched, or will be when they are there.
    folders: BTreeMap<PathBuf, Option<Identity>>,
    next_look: Instant,
    contents: BTreeMap<PathBuf, Content>,
    /// What the files said when a change was last told.
    told: BTreeMap<PathBuf, Content>,
    /// An event came, and nobody has looked yet; kept here, since callers may give up waiting and come back.
    is_awake: bool,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("folders", &self.folders).finish_non_exhaustive()
    }
}

/// What a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Missing,
    Empty,
    Hash(u64),
}

impl Watch {
    /// Starts watching; paths of folders in the list are watched for new files.
    ///
    /// # Errors
    /// [`WatchError`] when the system has no means to.
    pub fn new(list: impl FnMut() -> BTreeSet<PathBuf> + Send + Sync + 'static) -> Result<Self, WatchError> {
        let woken = Arc::new(Notify::new());
        let wake = Arc::clone(&woken);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // An error may mean lost events: better to look once too often.
            if event.as_ref().map_or(true, may_change) {
                wake.notify_one();
            }
        })?;
        let (folders, contents, told) = Default::default();
        let (list, next_look) = (Box::new(list), Instant::now() + LOOK_EVERY);
        let mut watch = Self { list, watcher, woken, folders, next_look, contents, told, is_awake: false };
        watch.look()?;
        watch.told = watch.contents.clone();
        Ok(watch)
    }

    /// Waits until at least one file says something else, and names those. Nothing is lost by giving up in between.
    ///
    /// # Errors
    /// [`WatchError`].
    pub async fn changed(&mut self) -> Result<Vec<PathBuf>, WatchError> {
        loop {
            if !self.is_awake {
                self.event().await;
                self.is_awake = true;
            }
            self.settle().await;
            let end = Instant::now() + MAX_GAP;
            self.look()?;
            while self.is_half_saved() && Instant::now() < end {
                sleep(QUIET).await;
                self.look()?;
            }
            self.is_awake = false;
            let changed = self.changes();
            if !changed.is_empty() {
                self.told = self.contents.clone();
                return Ok(changed);
            }
        }
    }

    /// Waits for an event, or until a folder is another one: one that is gone, or a link elsewhere, tells nothing any more.
    async fn event(&mut self) {
        loop {
            tokio::select! {
                () = self.woken.notified() => return,
                () = sleep_until(self.next_look) => {}
            }
            self.next_look = Instant::now() + LOOK_EVERY;
            if self.folders.iter().any(|(folder, known)| Identity::of(folder) != *known) {
                return;
            }
        }
    }

    async fn settle(&self) {
        let end = Instant::now() + MAX_BURST;
        while Instant::now() < end && timeout(QUIET, self.woken.notified()).await.is_ok() {}
    }

    fn look(&mut self) -> Result<(), WatchError> {
        let listed = (self.list)();
        let mut contents = BTreeMap::new();
        self.folders.clear();
        for path in &listed {
            let folder = match path.is_dir() {
                true => path.as_path(),
                false => {
                    contents.insert(path.clone(), Content::read(path));
                    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
                }
            };
            self.follow(folder)?;
        }
        self.contents = contents;
        Ok(())
    }

    /// Each time anew: a folder that was replaced is another one under the same name.
    fn follow(&mut self, folder: &Path) -> Result<(), WatchError> {
        // Before it is watched: one that takes its place in between is noticed at the next look.
        let identity = Identity::of(folder);
        self.folders.insert(folder.to_owned(), identity);
        match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
            // It may come, or has just gone.
            Err(error) if identity.is_some() && Identity::of(folder) == identity => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn is_half_saved(&self) -> bool {
        let is_whole = |content: &Content| matches!(content, Content::Hash(_));
        self.told
            .iter()
            .any(|(path, content)| is_whole(content) && !self.contents.get(path).is_some_and(is_whole))
    }

    /// A path that is listed no more, or only now, is as one without a file.
    fn changes(&self) -> Vec<PathBuf> {
        let content = |all: &BTreeMap<PathBuf, Content>, path: &PathBuf| {
            all.get(path).copied().unwrap_or(Content::Missing)
        };
        let paths: BTreeSet<&PathBuf> = self.told.keys().chain(self.contents.keys()).collect();
        let is_changed = |path: &&PathBuf| content(&self.told, path) != content(&self.contents, path);
        paths.into_iter().filter(is_changed).cloned().collect()
    }
}

impl Content {
    /// A pipe or a device is as no file: opening it would wait for whoever writes to it.
    fn read(path: &Path) -> Self {
        if !path.is_file() {
            return Self::Missing;
        }
        match fs::read(path) {
            Ok(bytes) if bytes.is_empty() => Self::Empty,
            Ok(bytes) => {
                let mut hasher = DefaultHasher::new();
                bytes.hash(&mut hasher);
                Self::Hash(hasher.finish())
            }
            Err(_) => Self::Missing,
        }
    }
}

/// Our own reading must not wake us.
fn may_change(event: &Event) -> bool {
    !matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(paths: &[&Path]) -> Watch {
        let paths: BTreeSet<PathBuf> = paths.iter().map(|path| (*path).to_owned()).collect();
        Watch::new(move || paths.clone()).unwrap()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_is_waited_for_in_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("convert.js");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert_eq!(Content::read(&pipe), Content::Missing);
    }

    /// Each way in which editors save is one change, and what says the same is none.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn hears_every_way_of_saving() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.js");
        let other = folder.path().join("b.js");
        fs::write(&path, "one").unwrap();
        let mut watch = watch(&[&path]);
        fs::write(&path, "two").unwrap();
        assert_eq!(watch.changed().await.unwrap(), std::slice::from_ref(&path));
        // vim: the old file is moved away, a new one takes its place.
        fs::rename(&path, folder.path().join("a.js~")).unwrap();
        fs::write(&path, "three").unwrap();
        assert_eq!(watch.changed().await.unwrap(), std::slice::from_ref(&path));
        // Atomic: a complete file is renamed over the old one.
        fs::write(&other, "four").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(watch.changed().await.unwrap(), std::slice::from_ref(&path));
        // The same text, another file, and then a burst: one change.
        fs::write(&path, "four").unwrap();
        fs::write(&other, "x").unwrap();
        for n in 0..20 {
            fs::write(&path, format!("burst {n}")).unwrap();
        }
        assert_eq!(watch.changed().await.unwrap(), std::slice::from_ref(&path));
        assert_eq!(watch.contents[&path], Content::read(&path));
        fs::remove_file(&path).unwrap();
        assert_eq!(watch.changed().await.unwrap(), std::slice::from_ref(&path));
        assert_eq!(watch.contents[&path], Content::Missing);
    }

    /// A folder is found by its path: a link leads elsewhere, a folder above is another one, one is gone for a while.
    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    #[cfg(unix)]
    async fn hears_of_folders_that_take_the_place_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let fill = |path: &str| {
            fs::create_dir_all(at(path)).unwrap();
            fs::write(at(path).join("a.js"), path).unwrap();
        };
        for path in ["v1/in", "v2/in", "v3/in"] {
            fill(path);
        }
        std::os::unix::fs::symlink(at("v1"), at("now")).unwrap();
        let path = at("now/in/a.js");
        let mut watch = watch(&[&path]);
        std::os::unix::fs::symlink(at("v2"), at("next")).unwrap();
        fs::rename(at("next"), at("now")).unwrap();
        fs::remove_dir_all(at("v1")).unwrap();
        assert_eq!(watch.changed().await.unwrap(), std::slice::from_ref(&path));
        assert_eq!(watch.contents[&path], Content::read(&at("v2/in/a.js")));
        // What is saved there is heard of too.
        fs::write(at("v2/in/a.js"), "saved").unwrap();
        assert_eq!(watch.changed().await.unwrap(), std::slice::from_ref(&path));
        fs::rename(at("v2"), at("old")).unwrap();
        assert_eq!(watch.changed().await.unwrap(), std::slice::from_ref(&path));
        assert_eq!(watch.contents[&path], Content::Missing);
        fs::rename(at("v3"), at("v2")).unwrap();
        assert_eq!(watch.changed().await.unwrap(), std::slice::from_ref(&path));
        assert_eq!(watch.contents[&path], Content::read(&at("v2/in/a.js")));
    }
}
