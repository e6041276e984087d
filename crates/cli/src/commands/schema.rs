//! `pipeline schema`.

use std::sync::Arc;

use pipeline_config::{Environment, Node, Reader, Spanned, on_one_line, quoted};
use pipeline_engine::{Contract, Silent};
use pipeline_table::{ColumnSpec, ColumnType, Columns};

use crate::{
    Failure, Session,
    args::{PipelineArgs, SchemaCommand},
    numbers,
};

pub(crate) async fn schema(session: &Session, command: &SchemaCommand) -> Result<(), Failure> {
    match command {
        SchemaCommand::Infer { pipeline, existing: true, .. } => existing(session, pipeline).await,
        SchemaCommand::Infer { pipeline, pages, .. } => infer(session, pipeline, *pages).await,
        SchemaCommand::Diff { pipeline, pages } => diff(session, pipeline, *pages).await,
    }
}

async fn infer(session: &Session, args: &PipelineArgs, max_pages: usize) -> Result<(), Failure> {
    let opened = session.open(args, Arc::new(Silent)).await?;
    for table in &opened.plan.tables {
        let sample = pipeline_engine::sample(&opened.plan, table, (Contract::Ignored, max_pages)).await?;
        session.terminal.say(format!(
            "{}: {} of {}",
            table.name,
            numbers::counted(sample.n_rows as u64, "row"),
            numbers::counted(sample.n_pages as u64, "page")
        ));
        session.terminal.print(heading(&opened.plan.tables, &table.name) + &checked(&sample.columns)?)?;
    }
    Ok(())
}

async fn existing(session: &Session, args: &PipelineArgs) -> Result<(), Failure> {
    let opened = session.open_to_write(args, Arc::new(Silent)).await?;
    for table in &opened.plan.tables {
        let Some(columns) = pipeline_engine::earlier(table).await? else {
            let target = table.sink().target().into_owned();
            return Err(Failure::usage(format!("`{target}` is not there, or does not tell its types")));
        };
        session.terminal.print(heading(&opened.plan.tables, &table.name) + &checked(&columns)?)?;
    }
    Ok(())
}

async fn diff(session: &Session, args: &PipelineArgs, max_pages: usize) -> Result<(), Failure> {
    let opened = session.open_to_write(args, Arc::new(Silent)).await?;
    let mut n_different = 0;
    for table in &opened.plan.tables {
        let target = table.sink().target().into_owned();
        let Some(earlier) = pipeline_engine::earlier(table).await? else {
            session
                .terminal
                .say(format!("{}: `{target}` is not there, or does not tell its types", table.name));
            continue;
        };
        let sample = pipeline_engine::sample(&opened.plan, table, (Contract::Kept, max_pages)).await?;
        let lines = differences(&earlier, &sample.columns);
        session.terminal.say(format!(
            "{}: {} between `{target}` and {} of {}",
            table.name,
            numbers::counted(lines.len() as u64, "difference"),
            numbers::counted(sample.n_rows as u64, "row"),
            numbers::counted(sample.n_pages as u64, "page")
        ));
        if !lines.is_empty() {
            session.terminal.print(lines.join("\n"))?;
        }
        n_different += lines.len();
    }
    match n_different {
        0 => Ok(()),
        n => Err(Failure::differs(format!("{} found", numbers::counted(n as u64, "difference")))),
    }
}

/// Which table a block is for, where there are several.
fn heading(tables: &[pipeline_engine::TablePlan], name: &str) -> String {
    if tables.len() > 1 { format!("# {}\n", on_one_line(name)) } else { String::new() }
}

/// The block, once it is read as these columns again.
fn checked(columns: &Columns) -> Result<String, Failure> {
    let text = block(columns);
    let reader = Reader::new(Environment::empty());
    let read = reader.parse("columns", &text);
    let section = read.as_ref().and_then(|read| read.get("columns")).map(Node::entries).unwrap_or_default();
    let is_same = |(column, (name, node)): (&ColumnSpec, &(Spanned<String>, Node))| {
        let column_type = node.get("type").and_then(|node| reader.scalar(node));
        *column.name == name.value && column_type.is_some_and(|name| name == column.column_type.name())
    };
    match section.len() == columns.iter().count() && columns.iter().zip(section).all(is_same) {
        true => Ok(text),
        false => Err(Failure::usage("names of these columns cannot be written as YAML")),
    }
}

/// The columns as the `columns:` block of a pipeline file.
fn block(columns: &Columns) -> String {
    let line = |column: &ColumnSpec| {
        let name = yaml_text(&column.name);
        let required = if column.required { ", required: true" } else { "" };
        let open = if column.column_type == ColumnType::Null { "  # nothing but nulls so far" } else { "" };
        format!("  {name}: {{ type: {}{required} }}{open}", yaml_text(&column.column_type.name()))
    };
    let lines: Vec<String> = columns.iter().map(line).collect();
    if lines.is_empty() { "columns: {}".into() } else { format!("columns:\n{}", lines.join("\n")) }
}

/// Text that YAML reads as this text: as it is where that is certain, else in JSON's quotes, which YAML knows.
fn yaml_text(text: &str) -> String {
    // Words that some reader of YAML takes for something else.
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | ' ' | '-' | '/' | '.');
    let is_plain = text.chars().next().is_some_and(char::is_alphabetic)
        && !text.ends_with(' ')
        && text.chars().all(is_word)
        && !WORDS.contains(&text.to_lowercase().as_str());
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// What rows have that the output does not, and the other way round; one line each.
fn differences(earlier: &Columns, rows: &Columns) -> Vec<String> {
    let mut lines = Vec::new();
    for column in rows.iter() {
        let name = &column.name;
        let now = column.column_type.name();
        match earlier.get(name).map(|before| (before.name(), before.widen(&column.column_type).published())) {
            None => lines.push(format!("+ {name}: {now}")),
            // Values that fit by widening change nothing.
            Some((before, widened)) if widened.name() != before => {
                lines.push(format!("~ {name}: {before} → {}", widened.name()));
            }
            Some(_) => {}
        }
    }
    for column in earlier.iter().filter(|column| rows.get(&column.name).is_none()) {
        lines.push(format!("- {}: {}", column.name, column.column_type.name()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(list: &[(&str, &str)]) -> Columns {
        let column = |(name, column_type): &(&str, &str)| ColumnSpec {
            name: (*name).to_owned(),
            column_type: ColumnType::parse_exact(column_type).unwrap(),
            required: *name == "Issue Key",
        };
        Columns::new(list.iter().map(column).collect())
    }

    #[test]
    fn a_block_is_yaml_whatever_the_names() {
        let found = block(&columns(&[
            ("Issue Key", "string"),
            ("on", "list<int>"),
            ("a: b", "struct<a: int, \"b c\": date>"),
            ("open", "null"),
            ("5", "decimal(18,2)"),
        ]));
        insta::assert_snapshot!(found, @r#"
        columns:
          Issue Key: { type: string, required: true }
          "on": { type: "list<int>" }
          "a: b": { type: "struct<a: int, \"b c\": date>" }
          open: { type: string }  # nothing but nulls so far
          "5": { type: "decimal(18,2)" }
        "#);
        assert_eq!(block(&columns(&[])), "columns: {}");
        for name in [
            "a\nschedule: {}",
            "a\r# b",
            "\u{85}",
            "\u{202e}x",
            "~",
            "- a",
            "&a",
            "null",
            "{",
            "\u{feff}",
            "\0",
            "",
        ] {
            let text = checked(&columns(&[(name, "int"), ("b", "string")])).unwrap();
            assert_eq!(pipeline_config::first_invisible(&text), None, "{text}");
        }
    }

    #[test]
    fn only_what_changes_the_output_is_a_difference() {
        let earlier =
            columns(&[("a", "safe_int"), ("b", "string"), ("c", "int"), ("gone", "date"), ("n", "null")]);
        let rows =
            columns(&[("a", "float"), ("b", "safe_int"), ("c", "safe_int"), ("new", "bool"), ("n", "null")]);
        assert_eq!(differences(&earlier, &rows), ["~ a: int → float", "+ new: bool", "- gone: date"]);
    }
}
