//! The keys that all kinds of files share.

use pipeline_config::{Field, Shape};

/// The path that means stdout.
pub(crate) const STDOUT: &str = "-";

/// The keys of every kind.
pub(crate) const COMMON: &[Field] = &[
    Field::required(
        "path",
        Shape::Text,
        "The file, from the current directory; without the kind's extension that is added. With a final `/` it is a \
         folder of files with a manifest. `s3://`, `gs://`, `az://` and `memory://` are object stores, `-` is stdout.",
    ),
    Field::default(
        "mode",
        Shape::OneOf(&["overwrite", "append", "upsert", "snapshot"]),
        "overwrite",
        "What happens to earlier rows when the run has succeeded: they are replaced, kept, replaced where the `key` is \
         the same, or kept in a partition of their own per date. All but `overwrite` write a folder.",
    ),
    Field::optional(
        "key",
        Shape::List(&Shape::Text),
        "The columns that tell rows apart, for `mode: upsert`.",
    ),
    Field::optional(
        "partition_by",
        Shape::List(&Shape::Text),
        "Columns whose values become folders (`status=Done/`); `run.date` is the date of the run. Writes a folder.",
    ),
    Field::optional(
        "target_file_size",
        Shape::ByteSize,
        "About how large a file of a folder may become before the next one is begun; 512MiB in folders.",
    ),
    Field::default(
        "snapshot_by",
        Shape::OneOf(&["date", "hour", "run"]),
        "date",
        "What a snapshot is named by, for `mode: snapshot`; one that exists is never changed.",
    ),
    Field::default(
        "evolution",
        Shape::OneOf(&["evolve", "freeze", "discard"]),
        "evolve",
        "What happens to columns and types that the earlier output does not have: they are added, end the run, or are \
         left out and counted.",
    ),
    Field::optional(
        "options",
        Shape::Map(&Shape::Text),
        "Options of an object store, such as `aws_endpoint`; credentials come from variables such as \
         AWS_ACCESS_KEY_ID.",
    ),
];

/// The keys of every kind and those of one; `T` is how many these are.
pub(crate) const fn with<const N: usize, const T: usize>(own: [Field; N]) -> [Field; T] {
    assert!(COMMON.len() + N == T, "T is the number of all keys");
    let mut all = [COMMON[0]; T];
    let mut index = 1;
    while index < T {
        all[index] = if index < COMMON.len() { COMMON[index] } else { own[index - COMMON.len()] };
        index += 1;
    }
    all
}
