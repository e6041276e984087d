//! The file of a journal.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use pipeline_table::Batch;
use sha2::{Digest, Sha256};

use super::{Committed, Header, JournalError, LastPage, PageRecord, Resumption, record::Entry};

/// Begins every journal; the digit is the version of its form.
const MAGIC: &[u8; 16] = b"pipelinejournal1";

/// How journals of all forms begin.
const NAME: &[u8] = b"pipelinejournal";

/// So much may be lost when the machine, not only the process, goes down.
const SYNC_EVERY: u64 = 16 << 20;

/// A record that says it is longer was never written by us.
const MAX_RECORD: u64 = 1 << 32;

/// What a journal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Pages, and what was committed.
    Pages,
    /// What was committed, for runs that begin anew.
    Commits,
}

/// A journal that is being written.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    out: BufWriter<File>,
    unsynced: u64,
    /// Where the last record begins.
    last: u64,
    /// Where it ends.
    end: u64,
    keep: Keep,
}

/// A journal that a run has left behind.
#[derive(Debug)]
pub(crate) struct Replay {
    path: PathBuf,
    /// What its first run knew.
    pub(crate) header: Header,
    /// The runs that went on with it, the first one included.
    pub(crate) runs: Vec<String>,
    /// Where to go on.
    pub(crate) place: Resumption,
    /// The last page before that place that has records.
    pub(crate) last_page: Option<LastPage>,
    /// Set when the last of the runs was about to commit.
    pub(crate) ready: Option<Committed>,
    /// Set when the table is committed.
    pub(crate) committed: Option<Committed>,
    /// Where the last whole record ends.
    end: u64,
}

/// One record as it stands in the file.
struct Raw {
    entry: Entry,
    rows: Vec<u8>,
}

impl Journal {
    /// Begins a new one in the place of any other. It has its header before it has its name, so that one without is damaged.
    pub(crate) fn create(path: &Path, header: &Header, keep: Keep) -> Result<Self, JournalError> {
        let create = || {
            pipeline_config::create_folder(path.parent().unwrap_or(Path::new("")))?;
            let new = path.with_extension("new");
            let mut options = File::options();
            options.create(true).write(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let (out, end) = begin(options.open(&new)?, header)?;
            fs::rename(&new, path)?;
            Ok(Self { path: path.to_owned(), out, unsynced: 0, keep, last: end, end })
        };
        create().map_err(wrong(path))
    }

    /// Adds a page, after which its rows need not be asked for again.
    pub(crate) fn page(&mut self, place: &Resumption, batch: &Batch) -> Result<(), JournalError> {
        if self.keep == Keep::Commits {
            return Ok(());
        }
        let entry = Entry::Page(Box::new(place.clone()));
        let rows = batch.to_compressed_ipc().map_err(io::Error::other).map_err(wrong(&self.path))?;
        self.write(&entry, &rows)
    }

    /// Says what is about to be committed, for a run that finds it committed and nothing more here; on disk when this returns,
    /// since the commit may outlive a loss of power that the journal does not.
    pub(crate) fn ready(&mut self, ready: Committed) -> Result<(), JournalError> {
        self.write(&Entry::Ready(Box::new(ready)), &[])?;
        let sync = || {
            self.out.get_ref().sync_data()?;
            #[cfg(unix)]
            File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(())
        };
        sync().map_err(wrong(&self.path))
    }

    /// Says that the table is committed; on disk when this returns.
    pub(crate) fn committed(&mut self, committed: Committed) -> Result<(), JournalError> {
        self.write(&Entry::Committed(Box::new(committed)), &[])?;
        self.out.get_ref().sync_data().map_err(wrong(&self.path))
    }

    /// Takes the page back that was written last, so that the next run asks for it again.
    pub(crate) fn take_back(&mut self) -> Result<(), JournalError> {
        if self.keep == Keep::Pages { self.cut(self.last) } else { Ok(()) }
    }

    /// Forgets everything from `at` on, where a record begins.
    pub(crate) fn cut(&mut self, at: u64) -> Result<(), JournalError> {
        let mut cut = || {
            self.out.get_ref().set_len(at)?;
            self.out.seek(SeekFrom::Start(at))?;
            (self.last, self.end) = (at, at);
            Ok(())
        };
        cut().map_err(wrong(&self.path))
    }

    fn write(&mut self, entry: &Entry, rows: &[u8]) -> Result<(), JournalError> {
        let mut write = || {
            let head = serde_json::to_vec(entry)?;
            write_record(&mut self.out, &head, rows)?;
            // Out of this process, so that its death loses nothing.
            self.out.flush()?;
            (self.last, self.end) = (self.end, self.out.stream_position()?);
            self.unsynced += (head.len() + rows.len()) as u64;
            if self.unsynced >= SYNC_EVERY {
                self.out.get_ref().sync_data()?;
                self.unsynced = 0;
            }
            Ok(())
        };
        write().map_err(wrong(&self.path))
    }
}

impl Replay {
    /// The same once more, for another thread.
    pub(crate) fn share(&self) -> Self {
        Self {
            path: self.path.clone(),
            header: self.header.clone(),
            runs: self.runs.clone(),
            place: self.place.clone(),
            last_page: self.last_page.clone(),
            ready: None,
            committed: None,
            end: self.end,
        }
    }

    /// Where pages stand, read from the beginning.
    pub(crate) fn pages(
        &self,
    ) -> Result<impl Iterator<Item = Result<PageRecord, JournalError>>, JournalError> {
        let (path, end) = (self.path.clone(), self.end);
        let mut file = BufReader::new(File::open(&path).map_err(wrong(&path))?);
        file.seek(SeekFrom::Start(MAGIC.len() as u64)).map_err(wrong(&path))?;
        // The header.
        read_parts(&mut file).map_err(wrong(&path))?;
        Ok(std::iter::from_fn(move || {
            loop {
                let at = match file.stream_position().map_err(wrong(&path)) {
                    Ok(at) if at >= end => return None,
                    Ok(at) => at,
                    Err(error) => return Some(Err(error)),
                };
                match read_page(&mut file) {
                    Ok(Some((place, batch))) => return Some(Ok(PageRecord { place, batch, at })),
                    Ok(None) => {}
                    Err(error) => return Some(Err(wrong(&path)(error))),
                }
            }
        }))
    }

    /// Goes on writing after the last whole record, for this run.
    pub(crate) fn go_on(&self, run_id: &str, keep: Keep) -> Result<Journal, JournalError> {
        let open = || {
            let mut file = File::options().write(true).open(&self.path)?;
            file.set_len(self.end)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        let file = open().map_err(wrong(&self.path))?;
        let (out, end) = (BufWriter::new(file), self.end);
        let path = self.path.clone();
        let mut journal = Journal { path, out, unsynced: 0, keep, last: end, end };
        journal.write(&Entry::Run(run_id.to_owned()), &[])?;
        Ok(journal)
    }
}

/// What is at the place of a journal.
#[derive(Debug)]
pub(crate) enum Found {
    /// No journal that can be read.
    Nothing,
    /// That of a run which is over, whose end may be nowhere else.
    Over,
    /// What a run has left behind.
    Replay(Box<Replay>),
}

impl Found {
    /// What there is to go on with.
    pub(crate) fn replay(self) -> Option<Replay> {
        match self {
            Self::Replay(replay) => Some(*replay),
            Self::Nothing | Self::Over => None,
        }
    }
}

/// Reads what a run has left behind.
///
/// # Errors
/// [`JournalError`] for the journal of another version of this program: its table may be committed.
pub(crate) fn peek(path: &Path) -> Result<Found, JournalError> {
    let Ok(file) = File::open(path) else { return Ok(Found::Nothing) };
    let mut file = BufReader::new(file);
    let mut magic = [0; MAGIC.len()];
    let none = || {
        tracing::warn!(
            "the journal `{}` is damaged, so the run that has left it cannot be gone on with; rows that it has committed stay",
            path.display()
        );
        Ok(Found::Nothing)
    };
    match file.read_exact(&mut magic) {
        Ok(()) if magic == *MAGIC => read_all(path, file).map_or_else(none, Ok),
        Ok(()) if magic.starts_with(NAME) => {
            let problem = "another version of pipeline has written it; go on with that one, or begin anew with `--restart`";
            Err(wrong(path)(io::Error::new(io::ErrorKind::InvalidData, problem)))
        }
        _ => none(),
    }
}

/// The records after the magic, as far as they are whole.
fn read_all(path: &Path, mut file: BufReader<File>) -> Option<Found> {
    let (head, _) = read_parts(&mut file).ok()??;
    let header: Header = serde_json::from_slice(&head).ok()?;
    let mut replay = Replay {
        path: path.to_owned(),
        runs: vec![header.first_run.clone()],
        header,
        place: Resumption::default(),
        last_page: None,
        ready: None,
        committed: None,
        end: file.stream_position().ok()?,
    };
    // What cannot be read was cut off by a crash, and all after it.
    while let Ok(Some(Raw { entry, .. })) = read_raw(&mut file) {
        match entry {
            Entry::Page(place) => {
                replay.last_page = LastPage::between(&replay.place, &place).or(replay.last_page);
                replay.place = (*place).following(&mut replay.place);
            }
            Entry::Run(run_id) => replay.runs.push(run_id),
            Entry::Ready(ready) => replay.ready = Some(*ready),
            Entry::Committed(committed) => replay.committed = Some(*committed),
            Entry::Over => return Some(Found::Over),
        }
        replay.end = file.stream_position().ok()?;
    }
    Some(Found::Replay(Box::new(replay)))
}

/// Writes what every journal begins with, and says where that ends.
fn begin(file: File, header: &Header) -> io::Result<(BufWriter<File>, u64)> {
    let mut out = BufWriter::new(file);
    out.write_all(MAGIC)?;
    write_record(&mut out, &serde_json::to_vec(header)?, &[])?;
    out.flush()?;
    let end = out.stream_position()?;
    Ok((out, end))
}

/// Removes a journal, if there is one; what cannot be removed says that its run is over.
pub(crate) fn discard(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            let file = File::options().write(true).open(path);
            file.and_then(write_over).map_err(|_| wrong(path)(error))
        }
        _ => Ok(()),
    }
}

/// Says of the table that a run has committed that its process failed with another pipeline then.
pub(crate) fn keep(path: &Path, (run_id, at): (&str, Timestamp)) -> Result<(), JournalError> {
    let Some(replay) =
        peek(path)?.replay().filter(|replay| replay.runs.last().is_some_and(|last| last == run_id))
    else {
        return Ok(());
    };
    let Some(committed) = replay.committed.clone() else { return Ok(()) };
    replay.go_on(run_id, Keep::Commits)?.committed(Committed { kept_at: Some(at), ..committed })
}

/// Leaves no more in the place of a journal than that its run is over, where the history may say otherwise.
pub(crate) fn end(path: &Path) -> Result<(), JournalError> {
    match File::options().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        opened => opened.and_then(write_over).map_err(wrong(path)),
    }
}

fn write_over(file: File) -> io::Result<()> {
    file.set_len(0)?;
    let header = Header {
        config: String::new(),
        first_run: String::new(),
        started_at: Timestamp::UNIX_EPOCH,
        state: None,
    };
    let (mut out, _) = begin(file, &header)?;
    write_record(&mut out, &serde_json::to_vec(&Entry::Over)?, &[])?;
    out.flush()
}

/// The bytes of a journal with these heads and rows, for the fuzzer.
pub(crate) fn file_of<'a>(records: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    for (head, rows) in records {
        write_record(&mut file, head, rows).expect("memory takes it");
    }
    file
}

fn read_page(file: &mut impl Read) -> io::Result<Option<(Resumption, Batch)>> {
    let Some(Raw { entry: Entry::Page(place), rows }) = read_raw(file)? else { return Ok(None) };
    Ok(Some((*place, Batch::from_ipc(rows).map_err(io::Error::other)?)))
}

fn read_raw(file: &mut impl Read) -> io::Result<Option<Raw>> {
    let Some((head, rows)) = read_parts(file)? else { return Ok(None) };
    Ok(Some(Raw { entry: serde_json::from_slice(&head)?, rows }))
}

/// Lengths, checksum, head, rows.
fn write_record(out: &mut impl Write, head: &[u8], rows: &[u8]) -> io::Result<()> {
    out.write_all(&(head.len() as u64).to_le_bytes())?;
    out.write_all(&(rows.len() as u64).to_le_bytes())?;
    out.write_all(&checksum(head, rows))?;
    out.write_all(head)?;
    out.write_all(rows)
}

/// The parts of the next record; `None` at the end.
fn read_parts(file: &mut impl Read) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut length = [0; 8];
    match file.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let n_head = u64::from_le_bytes(length);
    file.read_exact(&mut length)?;
    let n_rows = u64::from_le_bytes(length);
    if n_head > MAX_RECORD || n_rows > MAX_RECORD {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut expected = [0; 8];
    file.read_exact(&mut expected)?;
    let (head, rows) = (read_exactly(file, n_head)?, read_exactly(file, n_rows)?);
    match checksum(&head, &rows) == expected {
        true => Ok(Some((head, rows))),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Without room for more than what is there.
fn read_exactly(file: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == length {
        true => Ok(bytes),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn checksum(head: &[u8], rows: &[u8]) -> [u8; 8] {
    let digest = Sha256::new().chain_update(head).chain_update(rows).finalize();
    digest[..8].try_into().expect("SHA-256 has 32 bytes")
}

fn wrong(path: &Path) -> impl Fn(io::Error) -> JournalError {
    move |source| JournalError { path: path.to_owned(), source }
}
