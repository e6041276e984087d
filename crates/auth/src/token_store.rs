//! Where the tokens of an application are kept: one file, whole at any moment, for its owner's eyes only.
//!
//! Atlassian and others hand out a new refresh token with every use of the old one and take a second use for theft.
//! So the store is written before a new token is used, its lock is held while one is asked for, and whoever gets
//! the lock reads the file again, since another process may have been first.

mod format;
#[cfg(feature = "keyring")]
mod keyring;

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::{AuthError, logins::Logins};

/// What keeps the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeper {
    File,
    /// The keyring of the operating system; the file's lock is used all the same.
    #[cfg(feature = "keyring")]
    Keyring,
}

/// The tokens of one application.
#[derive(Debug, Clone)]
pub(crate) struct TokenStore {
    path: PathBuf,
    keeper: Keeper,
}

/// Held while a new token is asked for; the lock goes with it, and with its process.
#[derive(Debug)]
pub(crate) struct StoreLock {
    _file: File,
    /// Room on the disk for what will be stored; a keyring has no such thing.
    room: Option<NamedTempFile>,
}

/// More than a login grows by when it is renewed: tokens have some thousand characters at most.
const ROOM_TO_GROW: u64 = 64 * 1024;

impl TokenStore {
    /// The file `name` below the state folder.
    pub(crate) fn new(state: &Path, name: &str, keeper: Keeper) -> Self {
        Self { path: state.join("tokens").join(format!("{name}.json")), keeper }
    }

    /// Where the tokens are, for people.
    pub(crate) fn place(&self) -> PathBuf {
        match self.keeper {
            Keeper::File => self.path.clone(),
            #[cfg(feature = "keyring")]
            Keeper::Keyring => format!("keyring:pipeline/{}", self.stem()).into(),
        }
    }

    /// What is stored; nothing when there is no file yet.
    pub(crate) fn load(&self) -> Result<Logins, AuthError> {
        match self.read().map_err(|error| self.error(error))? {
            Some(text) => format::read(&text)
                .map_err(|problem| self.error(io::Error::new(io::ErrorKind::InvalidData, problem))),
            None => Ok(Logins::default()),
        }
    }

    fn read(&self) -> io::Result<Option<String>> {
        match self.keeper {
            Keeper::File => match fs::read(&self.path) {
                // What is not UTF-8 is no JSON either, and is told as that.
                Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
            #[cfg(feature = "keyring")]
            Keeper::Keyring => keyring::read(&self.stem()),
        }
    }

    /// Replaces what is stored; when this returns, the tokens survive a power cut.
    pub(crate) fn save(&self, logins: &Logins, lock: StoreLock) -> Result<(), AuthError> {
        let text = format::write(logins);
        let folder = self.prepare()?;
        let StoreLock { _file, room } = lock;
        let write_file = |mut file: NamedTempFile| {
            // Over what is there, so that it needs no more room; and then without the rest of that.
            file.write_all(text.as_bytes())?;
            file.as_file().set_len(text.len() as u64)?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|error| error.error)?;
            if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
        };
        let written = match (self.keeper, room) {
            (Keeper::File, Some(room)) => write_file(room),
            (Keeper::File, None) => self.make_room(folder).and_then(write_file),
            #[cfg(feature = "keyring")]
            (Keeper::Keyring, _) => keyring::write(&self.stem(), &text),
        };
        written.map_err(|error| self.error(error))
    }

    /// A file as large as the one that will take the place of what is stored, which is written over it.
    ///
    /// A disk that is full is found out before a refresh token is spent.
    fn make_room(&self, folder: &Path) -> io::Result<NamedTempFile> {
        let prefix = format!(".{}.", self.stem());
        // A process that was killed may have left its tokens; under the lock nobody else is writing.
        remove_leftovers(folder, &prefix)?;
        let stored = fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        // `tempfile` makes files that only their owner can read.
        let mut file = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder)?;
        io::copy(&mut io::repeat(b' ').take(stored + ROOM_TO_GROW), &mut file)?;
        file.flush()?;
        file.rewind()?;
        Ok(file)
    }

    fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Waits until no other process asks for a token of this application.
    ///
    /// It proves that the folder can be written and has room too, before a refresh token is spent.
    pub(crate) async fn lock(&self) -> Result<StoreLock, AuthError> {
        let folder = self.prepare()?.to_owned();
        let (path, store) = (self.path.with_extension("lock"), self.clone());
        let lock = move || {
            let mut options = File::options();
            options.create(true).truncate(false).write(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    tracing::info!("waiting for another process that renews this login");
                    file.lock()?;
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            let room = match store.keeper {
                Keeper::File => Some(store.make_room(&folder)?),
                #[cfg(feature = "keyring")]
                Keeper::Keyring => None,
            };
            Ok(StoreLock { _file: file, room })
        };
        let locked = match tokio::task::spawn_blocking(lock).await {
            Ok(locked) => locked,
            // The runtime ends before the lock was asked for, and this task with it.
            Err(ended) if ended.is_cancelled() => std::future::pending().await,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        locked.map_err(|error| self.error(error))
    }

    /// Makes the folder, for its owner only.
    fn prepare(&self) -> Result<&Path, AuthError> {
        let folder = self.path.parent().expect("the path was joined to a folder");
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).and_then(|()| close_to_others(folder)).map_err(|error| self.error(error))?;
        Ok(folder)
    }

    fn error(&self, source: io::Error) -> AuthError {
        AuthError::Store { path: self.place(), source }
    }
}

fn remove_leftovers(folder: &Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A folder that was there before may have been open to all.
#[cfg(unix)]
fn close_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(mode & !0o077))
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token_store::format::tests::logins;

    #[tokio::test]
    async fn gives_back_what_was_saved_and_says_nothing_about_it() {
        let state = tempfile::tempdir().unwrap();
        let store = TokenStore::new(state.path(), "login", Keeper::File);
        assert_eq!(store.load().unwrap(), Logins::default());
        store.save(&logins(), store.lock().await.unwrap()).unwrap();
        assert_eq!(store.load().unwrap(), logins());
        assert!(!format!("{:?}", store.load()).contains("hunter"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_may_look() {
        use std::os::unix::fs::PermissionsExt;
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("tokens");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let store = TokenStore::new(state.path(), "login", Keeper::File);
        let lock = store.lock().await.unwrap();
        store.save(&logins(), lock).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&store.path), 0o600);
        assert_eq!(mode(&store.path.with_extension("lock")), 0o600);
        assert_eq!(mode(&folder), 0o700);
    }

    #[tokio::test]
    async fn what_a_killed_process_left_goes_with_the_next_lock() {
        let state = tempfile::tempdir().unwrap();
        let store = TokenStore::new(state.path(), "login", Keeper::File);
        let folder = state.path().join("tokens");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(".login.Xy12"), "hunter2").unwrap();
        fs::write(folder.join(".other.Xy12"), "of another application").unwrap();
        store.save(&logins(), store.lock().await.unwrap()).unwrap();
        assert!(!folder.join(".login.Xy12").exists() && folder.join(".other.Xy12").exists());
    }

    #[tokio::test]
    async fn a_broken_file_is_named_but_not_quoted() {
        let state = tempfile::tempdir().unwrap();
        let store = TokenStore::new(state.path(), "login", Keeper::File);
        store.save(&logins(), store.lock().await.unwrap()).unwrap();
        fs::write(&store.path, "{\"access_token\": \"hunter2\"").unwrap();
        let error = store.load().unwrap_err();
        let text = format!("{error}: {}", std::error::Error::source(&error).unwrap());
        assert!(text.contains("login.json") && text.contains("not a token file"), "{text}");
        assert!(!text.contains("hunter2"));
    }
}
