//! `pipeline new`: the files of a new pipeline.

use pipeline_authoring::{Case, Expected, NewFile, Subject, scaffold};
use pipeline_engine::plain_path;

use super::record::expect;
use crate::{Failure, Session, args::NewArgs};

pub(crate) async fn new(session: &Session, args: &NewArgs) -> Result<(), Failure> {
    let files = scaffold(&session.registry, &args.name, &args.from)?;
    let path = |file: &NewFile| plain_path(&args.folder.join(&file.path));
    // All or nothing: half of a pipeline is worse than none.
    if let Some(file) = files.iter().find(|file| !file.is_shared && path(file).exists()) {
        return Err(Failure::usage(format!(
            "`{}` is there already\n  = help: choose another name, or remove it first",
            path(file).display()
        )));
    }
    for file in files.iter().filter(|file| !(file.is_shared && path(file).exists())) {
        let path = path(file);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(&path, &file.text)
            .map_err(|error| Failure::usage(format!("cannot write `{}`: {error}", path.display())))?;
        session.terminal.print(path.display().to_string())?;
    }
    let [pipeline, converter, case, ..] = files.as_slice() else { return Ok(()) };
    let (script, case_path) = (path(converter), path(case));
    let mut case = Case::read(&case_path)?;
    if case.expected == Expected::Unknown {
        expect(&mut case, &Subject::of_script(&script)?).await?;
        case.write(&case_path)?;
    }
    let sandbox = if args.from == "jira" { " --sandbox" } else { "" };
    let pipeline = path(pipeline);
    session.terminal.say(format!(
        "next:\n  pipeline test {}\n  pipeline dev {}{sandbox}",
        script.display(),
        pipeline.display()
    ));
    Ok(())
}
