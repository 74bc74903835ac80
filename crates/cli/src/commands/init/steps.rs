//! Steps that `init --cloud` leaves to the user: what to install, to create, to copy and to write, and what comes next.

use std::collections::BTreeSet;
use std::path::Path;

use project::proposal::{InputData, Note};

use super::store_url::{StoreKind, StoreUrl};
use crate::error::exit::Exit;
use crate::render::shell_word::shell_word;
use crate::settings::Settings;

/// File that keeps an empty folder in git; it is no data.
const KEEPER: &str = ".gitkeep";

/// Gives a note as a line.
pub(super) fn line(note: &Note) -> String {
    match (&note.file, note.line) {
        (Some(file), Some(line)) => format!("{file}:{line}: {}", note.text),
        (Some(file), None) => format!("{file}: {}", note.text),
        (None, _) => note.text.clone(),
    }
}

/// Says what is left to the user, and whether anything is.
pub(super) fn tell_left(notes: &[Note], settings: &Settings) -> Exit {
    let left: Vec<&Note> = notes.iter().filter(|note| note.is_left).collect();
    if left.is_empty() {
        return Exit::Success;
    }
    let mut text = "\nleft to you:\n".to_owned();
    for note in left {
        text.push_str(&format!("  {}\n", line(note)));
        for line in note.paste.iter().flat_map(|paste| paste.lines()) {
            text.push_str(&format!("      {line}\n"));
        }
    }
    settings.printer.important(text.trim_end());
    Exit::Failure
}

/// Ways to give pods access to a store; nothing for a volume.
pub(super) fn credentials(url: &StoreUrl) -> String {
    if url.kind == StoreKind::Volume {
        return String::new();
    }
    format!(
        "\ncredentials: pods need some for the store; run the command again with one of these:\n  \
         --secret NAME           a Kubernetes secret with {}\n  \
         --service-account NAME  a service account that may use the store\n  \
         or neither, if the machines of the cluster may use the store{}",
        url.keys_of_secret(),
        if url.lacks_account() {
            "\n  pods also need the name of the account: write it into the URL, \
             abfss://CONTAINER@ACCOUNT.dfs.core.windows.net, or set AZURE_STORAGE_ACCOUNT_NAME in argo.yml"
        } else {
            ""
        }
    )
}

/// Commands that copy the input data into the store, and the places of data that this machine lacks.
pub(super) fn copying(url: &StoreUrl, input_data: &[InputData], root: &Path) -> String {
    // Several entries of the catalog may have one folder.
    let mut seen = BTreeSet::new();
    let (here, elsewhere): (Vec<&InputData>, Vec<&InputData>) = input_data
        .iter()
        .filter(|data| seen.insert((&data.here, &data.there)))
        .partition(|data| has_data(&root.join(&data.here)));
    let mut text = String::new();
    if !here.is_empty() {
        text.push_str("\nput the input data into the store:\n");
        for data in here {
            let copy = url.copy(&data.here, &data.there, data.is_folder);
            text.push_str(&format!("  {copy}\n"));
        }
    }
    if !elsewhere.is_empty() {
        text.push_str("\ninput data that this machine does not have; pods look for them at:\n");
        for data in elsewhere {
            text.push_str(&format!("  {}  ({})\n", data.there, data.here));
        }
    }
    text.trim_end().to_owned()
}

/// Says whether a path is a file, or a folder with a file. A folder that cannot be listed counts as one with files.
fn has_data(path: &Path) -> bool {
    if !path.is_dir() {
        return path.exists();
    }
    let Ok(mut entries) = fs_err::read_dir(path) else {
        return true;
    };
    entries.any(|entry| {
        entry.map_or(true, |entry| {
            entry.file_name() != KEEPER && has_data(&entry.path())
        })
    })
}

/// The commands that come after this one.
pub(super) fn next(environment: Option<&str>, program: &str) -> String {
    let flag = environment.map_or_else(String::new, |name| format!(" --env {}", shell_word(name)));
    format!(
        "\nnext:\n  {program} lint{flag}     find problems\n  {program} doctor{flag}   check this machine and the \
         cluster\n  {program} submit{flag}   run it on the cluster"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(here: &str, is_folder: bool) -> InputData {
        InputData {
            here: here.to_owned(),
            there: format!("s3://bucket/raw/{here}"),
            is_folder,
        }
    }

    #[test]
    fn what_is_not_here_is_not_copied() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "kept/.gitkeep",
            "deep/er/.gitkeep",
            "full/er/a.csv",
            "b.csv",
        ] {
            let path = root.path().join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "").unwrap();
        }
        let url = StoreUrl::parse("s3://bucket").unwrap();
        let all = [
            data("kept", true),
            data("deep", true),
            data("full", true),
            data("b.csv", false),
            data("full", true),
            data("c.csv", false),
        ];
        insta::assert_snapshot!(copying(&url, &all, root.path()));
        assert_eq!(copying(&url, &[], root.path()), "");
    }
}
