//! How a Parquet file is laid out.

use arrow::datatypes::Schema;
use parquet::{
    basic::{Compression, GzipLevel, ZstdLevel},
    file::{
        metadata::SortingColumn,
        properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder},
    },
    schema::types::ColumnPath,
};
use pipeline_config::{Field, Section, Shape};

use crate::format::Failure;

/// The keys of `kind: parquet`.
pub(super) const FIELDS: [Field; 11] = [
    Field::default(
        "compression",
        Shape::OneOf(&["zstd", "snappy", "gzip", "lz4", "none"]),
        "zstd",
        "How pages are compressed: `zstd` is smallest, `snappy` and `gzip` are for old readers.",
    ),
    Field::optional(
        "compression_level",
        Shape::Integer(0, 22),
        "How hard to try: 1 to 22 for zstd (3 without it), 0 to 9 for gzip (6 without it).",
    ),
    Field::default(
        "row_group_rows",
        Shape::Integer(1, u32::MAX as u64),
        "1048576",
        "The most rows of a row group.",
    ),
    Field::default(
        "row_group_size",
        Shape::ByteSize,
        "64MiB",
        "The most bytes of a row group; a reader's thread takes one at once, and the writer holds one in memory.",
    ),
    Field::default(
        "statistics",
        Shape::OneOf(&["page", "row_group", "none"]),
        "page",
        "Where minimum, maximum and the number of nulls are kept; readers skip what cannot match.",
    ),
    Field::default(
        "page_index",
        Shape::Boolean,
        "true",
        "Whether the places and statistics of pages stand in the footer.",
    ),
    Field::optional(
        "bloom_filters",
        Shape::List(&Shape::Text),
        "Columns whose values are looked up one by one; readers skip row groups that do not have them.",
    ),
    Field::default(
        "dictionary_size",
        Shape::ByteSize,
        "1MiB",
        "The largest dictionary of distinct values per column and row group; beyond it values are written out, with \
         0B from the first.",
    ),
    Field::optional(
        "plain",
        Shape::List(&Shape::Text),
        "Columns without a dictionary, because hardly any value comes twice.",
    ),
    Field::optional(
        "sort_by",
        Shape::List(&Shape::Text),
        "Columns by which each row group is sorted, nulls last; `-name` sorts downwards.",
    ),
    Field::default(
        "field_ids",
        Shape::Boolean,
        "false",
        "Whether columns have ids, from 1, so that table formats know them again under another name.",
    ),
];

/// The default of zstd itself, and where more time stops saving much.
const ZSTD_LEVEL: i32 = 3;

/// Readers that know which writers had bugs look for `NAME version NUMBER`.
const CREATED_BY: &str = concat!("pipeline version ", env!("CARGO_PKG_VERSION"));

/// The settings of one sink.
#[derive(Debug)]
pub(super) struct ParquetOptions {
    compression: Compression,
    row_group_rows: usize,
    row_group_bytes: usize,
    statistics: EnabledStatistics,
    has_page_index: bool,
    bloom_filters: Vec<String>,
    dictionary_bytes: usize,
    plain: Vec<String>,
    sort_by: Vec<String>,
    /// Whether columns have ids.
    pub(super) field_ids: bool,
}

/// One column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SortBy {
    pub(super) index: usize,
    pub(super) descending: bool,
}

impl ParquetOptions {
    /// Reads the section; `None` after reporting what is wrong.
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let names = |key: &str| section.texts(key).into_iter().map(|name| name.value).collect();
        // Files larger than memory are no use on 32-bit machines either.
        let size =
            |key: &str| usize::try_from(section.byte_size(key).unwrap_or_default()).unwrap_or(usize::MAX);
        let rows = section.integer("row_group_rows").unwrap_or(1);
        Some(Self {
            compression: compression(section)?,
            row_group_rows: usize::try_from(rows).unwrap_or(usize::MAX),
            row_group_bytes: size("row_group_size").max(1),
            statistics: match section.text("statistics").as_str() {
                "none" => EnabledStatistics::None,
                "row_group" => EnabledStatistics::Chunk,
                _ => EnabledStatistics::Page,
            },
            has_page_index: section.boolean("page_index"),
            bloom_filters: names("bloom_filters"),
            dictionary_bytes: size("dictionary_size"),
            plain: names("plain"),
            sort_by: names("sort_by"),
            field_ids: section.boolean("field_ids"),
        })
    }

    /// The most rows and the most bytes of a row group.
    pub(super) fn row_group(&self) -> (usize, usize) {
        (self.row_group_rows, self.row_group_bytes)
    }

    /// What the writer is told.
    pub(super) fn properties(&self, schema: &Schema) -> Result<WriterPropertiesBuilder, Failure> {
        // Statistics of pages stand in the index alone.
        let statistics = match self.statistics {
            EnabledStatistics::Page if !self.has_page_index => EnabledStatistics::Chunk,
            other => other,
        };
        let mut properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(self.compression)
            .set_max_row_group_row_count(Some(self.row_group_rows))
            .set_max_row_group_bytes(Some(self.row_group_bytes))
            .set_statistics_enabled(statistics)
            .set_offset_index_disabled(!self.has_page_index)
            .set_dictionary_enabled(self.dictionary_bytes > 0)
            .set_dictionary_page_size_limit(self.dictionary_bytes.max(1));
        for name in &self.bloom_filters {
            place(schema, name, "bloom_filters")?;
            let path = ColumnPath::new(vec![name.clone()]);
            properties = properties.set_column_bloom_filter_enabled(path, true);
        }
        for name in &self.plain {
            place(schema, name, "plain")?;
            properties = properties.set_column_dictionary_enabled(ColumnPath::new(vec![name.clone()]), false);
        }
        // The format counts leaves; sorted columns are leaves themselves, but lists and objects before them have several.
        let leaf = |sort: &SortBy| SortingColumn {
            column_idx: leaves_before(schema, sort.index),
            descending: sort.descending,
            nulls_first: false,
        };
        let order = self.sorting(schema)?;
        if !order.is_empty() {
            properties = properties.set_sorting_columns(Some(order.iter().map(leaf).collect()));
        }
        Ok(properties)
    }

    /// The columns to sort by.
    pub(super) fn sorting(&self, schema: &Schema) -> Result<Vec<SortBy>, Failure> {
        let sort = |written: &String| {
            let (name, descending) = match written.strip_prefix('-') {
                // A column may have such a name.
                Some(name) if schema.index_of(written).is_err() => (name, true),
                _ => (written.as_str(), false),
            };
            let index = place(schema, name, "sort_by")?;
            if schema.field(index).data_type().is_nested() {
                return Err(format!("`sort_by` names `{name}`, which has no order").into());
            }
            Ok(SortBy { index, descending })
        };
        self.sort_by.iter().map(sort).collect()
    }
}

fn compression(section: &Section<'_>) -> Option<Compression> {
    let level = section.integer("compression_level");
    let name = section.text("compression");
    let refuse = |help: &str| {
        let problem = format!("`compression: {name}` has no level {}", level.unwrap_or_default());
        section.reader().report(section.error("S002", "compression_level", problem).help(help));
        None
    };
    match (name.as_str(), level) {
        ("zstd", level) => {
            let level = level.map_or(ZSTD_LEVEL, |level| i32::try_from(level).unwrap_or(0));
            let level = ZstdLevel::try_new(level).ok();
            level.map(Compression::ZSTD).or_else(|| refuse("zstd has the levels 1 to 22"))
        }
        ("gzip", level) => {
            let level = GzipLevel::try_new(u32::try_from(level.unwrap_or(6)).unwrap_or(u32::MAX)).ok();
            level.map(Compression::GZIP).or_else(|| refuse("gzip has the levels 0 to 9"))
        }
        (_, Some(_)) => refuse("only zstd and gzip have levels"),
        ("snappy", None) => Some(Compression::SNAPPY),
        ("lz4", None) => Some(Compression::LZ4_RAW),
        (_, None) => Some(Compression::UNCOMPRESSED),
    }
}

fn place(schema: &Schema, name: &str, key: &str) -> Result<usize, Failure> {
    schema
        .index_of(name)
        .map_err(|_| format!("`{key}` names `{name}`, which is no column of the rows").into())
}

fn leaves_before(schema: &Schema, index: usize) -> i32 {
    fn leaves(data_type: &arrow::datatypes::DataType) -> i32 {
        use arrow::datatypes::DataType::{List, Map, Struct};
        match data_type {
            List(item) | Map(item, _) => leaves(item.data_type()),
            Struct(fields) => fields.iter().map(|field| leaves(field.data_type())).sum(),
            _ => 1,
        }
    }
    schema.fields()[..index].iter().map(|field| leaves(field.data_type())).sum()
}
