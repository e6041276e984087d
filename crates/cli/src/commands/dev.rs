//! `pipeline dev`: the table of the first page, again after every save.

mod desk;
mod keys;
mod studio;
mod view;

use std::collections::BTreeSet;

use pipeline_authoring::{Watch, WatchError};
use pipeline_engine::source_files;

use crate::{Failure, Session, args::DevArgs, session::RuntimeContext, signals::StopSignals};
use desk::{Desk, Why};
use keys::{Key, Keys};
use studio::Studio;

/// What can happen while somebody looks at a table.
enum Happened {
    Saved,
    Pressed(Key),
    Stopped,
}

pub(crate) async fn dev(session: &Session, args: &DevArgs) -> Result<(), Failure> {
    let runtime = session.runtime(args.pipeline.sandbox.issues()).await?;
    let mut watch = watch(args)?;
    let mut inputs = (Keys::open(), StopSignals::listen()?);
    let mut studio = match args.studio {
        true => Some(open_studio(session, args, &runtime).await?),
        false => None,
    };
    let mut desk = Desk::new(session, args, runtime)?;
    desk.url = studio.as_ref().map(Studio::url);
    let mut why = if args.refetch { Why::Refetch } else { Why::Start };
    loop {
        // A save while a converter is at work, perhaps in an endless loop, ends it and begins anew.
        let interrupted = tokio::select! {
            () = desk.work(why) => None,
            happened = next(&mut watch, &mut inputs) => Some(happened?),
        };
        let unfinished = interrupted.as_ref().map(|_| why);
        let mut happened = match interrupted {
            Some(happened) => happened,
            None => {
                desk.show()?;
                next(&mut watch, &mut inputs).await?
            }
        };
        let asked = loop {
            match happened {
                Happened::Stopped | Happened::Pressed(Key::Quit) => return Ok(()),
                Happened::Saved => break Why::Saved,
                Happened::Pressed(Key::Page) => {
                    match &studio {
                        Some(studio) => studio.open(),
                        None => studio = Some(open_studio(session, args, desk.runtime()).await?),
                    }
                    desk.url = studio.as_ref().map(Studio::url);
                    desk.show()?;
                }
                Happened::Pressed(key) => match desk.press(key).or(unfinished) {
                    Some(why) => break why,
                    None => desk.show()?,
                },
            }
            happened = next(&mut watch, &mut inputs).await?;
        };
        // What was asked for with a key is not forgotten over a save.
        why = unfinished.filter(|why| *why != Why::Saved).unwrap_or(asked);
    }
}

async fn open_studio(session: &Session, args: &DevArgs, runtime: &RuntimeContext) -> Result<Studio, Failure> {
    let studio = Studio::start(session, args, runtime).await?;
    studio.open();
    Ok(studio)
}

fn watch(args: &DevArgs) -> Result<Watch, WatchError> {
    let file = args.pipeline.file.clone();
    let mut last = BTreeSet::new();
    Watch::new(move || {
        let mut files = source_files(&file);
        // Of a YAML file that cannot be read only the file itself is known.
        if files.len() <= 2 {
            files.append(&mut last.clone());
        } else {
            last.clone_from(&files);
        }
        files
    })
}

async fn next(watch: &mut Watch, (keys, signals): &mut (Keys, StopSignals)) -> Result<Happened, Failure> {
    tokio::select! {
        changed = watch.changed() => Ok(changed.map(|_| Happened::Saved)?),
        key = keys.next() => Ok(Happened::Pressed(key)),
        () = signals.next() => Ok(Happened::Stopped),
    }
}
