//! Makes a sink from the keys that all kinds share.

use std::sync::Arc;

use pipeline_config::{Diagnostic, Section};
use pipeline_store::Store;

use crate::{
    Evolution, Mode, Sink,
    file_sink::{FilePlace, FileSink},
    folder::{FolderSink, Layout, LocalFolder, ObjectFolder, SnapshotBy, Storage},
    format::Format,
    place::{Place, Wanted},
};

/// The size of files in folders, between the 100 MB and 10 GB that DuckDB advises.
const TARGET_FILE_BYTES: u64 = 512 * 1024 * 1024;

/// The sink of a section whose fields begin with [`COMMON`](crate::fields::COMMON); `None` after reporting what is
/// wrong.
pub(crate) fn build_sink(section: &Section<'_>, format: Arc<dyn Format>) -> Option<Arc<dyn Sink>> {
    let layout = layout(section, format.as_ref());
    let place = place(section, format.as_ref(), &layout);
    let evolution = match section.text("evolution").as_str() {
        "freeze" => Evolution::Freeze,
        "discard" => Evolution::Discard,
        _ => Evolution::Evolve,
    };
    let file = |format, place| Some(Arc::new(FileSink { format, place, evolution }) as Arc<dyn Sink>);
    let folder =
        |format, storage| Some(Arc::new(FolderSink { format, storage, layout, evolution }) as Arc<dyn Sink>);
    let place = place?;
    if evolution != Evolution::Evolve
        && !format.keeps_types()
        && !matches!(place, Place::Folder(_) | Place::Prefix(_))
    {
        let span = section.span_of("evolution");
        let told = format!(
            "a {} file does not tell its types, so declared columns alone are held to",
            format.naming().kind
        );
        section.reader().report(
            Diagnostic::warning("S005", span, told)
                .help("write a folder, whose manifest does: end the path with `/`"),
        );
    }
    match place {
        Place::Stdout => file(format, FilePlace::Stdout),
        Place::File(path) => file(format, FilePlace::Local(path)),
        Place::Object(url) => file(format, FilePlace::Object(store(section, &url)?)),
        Place::Folder(path) => folder(format, Storage::Local(LocalFolder { path })),
        Place::Prefix(url) => folder(format, Storage::Objects(ObjectFolder { store: store(section, &url)? })),
    }
}

fn layout(section: &Section<'_>, format: &dyn Format) -> Layout {
    let names = |key: &str| section.texts(key).into_iter().map(|name| name.value).collect::<Vec<_>>();
    let mode = match section.text("mode").as_str() {
        "append" => Mode::Append,
        "upsert" => Mode::Upsert,
        "snapshot" => Mode::Snapshot,
        _ => Mode::Overwrite,
    };
    let key = names("key");
    let report = |name: &str, problem: &str, help: &str| {
        section.reader().report(section.error("S003", name, problem).help(help));
    };
    match (mode, key.is_empty()) {
        (Mode::Upsert, true) => report(
            "mode",
            "`mode: upsert` needs a `key`",
            "name the columns that tell rows apart, as `key: [Issue Key]`",
        ),
        (Mode::Upsert, false) if !format.keeps_types() => report(
            "mode",
            "text files cannot be read back as they were, which `mode: upsert` needs",
            "write `kind: parquet` or `kind: arrow`",
        ),
        (Mode::Upsert, false) | (_, true) => {}
        (_, false) => {
            report("key", "`key` is for `mode: upsert` alone", "take it away, or write `mode: upsert`");
        }
    }
    Layout {
        mode,
        key,
        partition_by: names("partition_by"),
        snapshot_by: match section.text("snapshot_by").as_str() {
            "hour" => SnapshotBy::Hour,
            "run" => SnapshotBy::Run,
            _ => SnapshotBy::Date,
        },
        target_file_bytes: section.byte_size("target_file_size").unwrap_or(TARGET_FILE_BYTES),
    }
}

fn place(section: &Section<'_>, format: &dyn Format, layout: &Layout) -> Option<Place> {
    let written = section.text("path");
    if written.is_empty() && section.reader().n_errors() > 0 {
        // A variable without value, or no path at all: that is reported already.
        return None;
    }
    let mode = format!("mode: {}", layout.mode.name());
    let wanted = match layout.mode {
        Mode::Overwrite if !layout.partition_by.is_empty() => Wanted::Folder("partition_by"),
        Mode::Overwrite if section.node("target_file_size").is_some() => Wanted::Folder("target_file_size"),
        Mode::Overwrite => Wanted::Any,
        _ => Wanted::Folder(&mode),
    };
    match Place::resolve(&written, format.naming(), wanted) {
        Ok(place) => Some(place),
        Err((problem, help)) => {
            section.reader().report(section.error("S001", "path", problem).help(help));
            None
        }
    }
}

fn store(section: &Section<'_>, url: &str) -> Option<Store> {
    match Store::open(url, section.reader().environment(), &pipeline_store::options(section)) {
        Ok(store) => Some(store),
        Err((problem, help)) => {
            section.reader().report(section.error("S004", "path", problem).help(help));
            None
        }
    }
}
