//! Files that a Dockerfile may create at the path of a file of the project, besides copies from that path.

use super::paths::{DataPath, ancestors, is_below};
use crate::dockerfile::{
    Command, Copy, Dockerfile, FileInstruction, Origin, has_suffix, is_plain, resolve,
};

/// Says whether all base images are well-known ones, which contain nothing of a project.
pub(super) fn base_is_plain(dockerfile: &Dockerfile) -> bool {
    let bases = dockerfile.bases.iter();
    let copied = dockerfile.copies().filter_map(|copy| match &copy.from {
        Origin::Image(image) => Some(image),
        _ => None,
    });
    !dockerfile.bases.is_empty() && bases.chain(copied).all(|image| is_plain(image))
}

/// Says whether a command of the build may fetch files: a download, or an unknown program.
pub(super) fn may_fetch(dockerfile: &Dockerfile) -> bool {
    dockerfile.commands().any(is_fetch)
        || dockerfile.copies().any(|copy| copy.from == Origin::Network)
}

fn is_fetch(command: &Command) -> bool {
    const FETCH: [&str; 20] = [
        "aria2c", "aws", "az", "azcopy", "curl", "dvc", "gcloud", "git", "gsutil", "invoke",
        "just", "kaggle", "kedro", "make", "mc", "rclone", "rsync", "s5cmd", "tar", "wget",
    ];
    let program = command.program();
    let is_python = program.starts_with("python");
    let is_script =
        matches!(program, "sh" | "bash") || has_suffix(program, "sh") || has_suffix(program, "py");
    let word = |number: usize| command.words.get(number).map(String::as_str);
    let own = is_python
        && match word(1) {
            Some("-m") => !matches!(
                word(2),
                Some("pip" | "venv" | "ensurepip" | "compileall" | "uv")
            ),
            Some("-c") => {
                word(2).is_some_and(|text| text.contains("://") || text.contains("download"))
            }
            Some(script) => has_suffix(script, "py"),
            None => false,
        };
    FETCH.contains(&program) || program.starts_with('.') || is_script || own
}

/// Says whether the image may have something at a path that does not come from the same path of the build context.
pub(super) fn may_hold(dockerfile: &Dockerfile, path: &DataPath) -> bool {
    let root = dockerfile.working_dir.as_deref();
    let Some(whole) = path.in_container(root.or(Some("/"))) else {
        return false;
    };
    let root = root.unwrap_or("/");
    // A folder that contains the whole project says nothing about one of its files.
    let is_named = |folder: &str| is_below(&whole, folder) && !is_below(root, folder);
    let by_copy = |copy: &Copy| {
        let target = copy.target.as_str();
        match copy.from {
            Origin::Network | Origin::Image(_) => is_below(&whole, target),
            Origin::Stage => is_named(target),
            Origin::Context => is_named(target) && !keeps_place(copy, root),
        }
    };
    let by_command = |command: &Command| {
        let folder = command.folder.as_deref().or(Some(root));
        !only_touches(command.program())
            && command.arguments().any(|word| {
                let parts = word.split(['=', ',']);
                let mut parts = parts.filter(|part| !part.is_empty() && !part.starts_with('-'));
                parts.any(|part| {
                    resolve(folder, part).is_some_and(|named| {
                        is_named(&named)
                            || in_folder_of(&named, &whole) && is_named(&parent(&named))
                    })
                })
            })
    };
    dockerfile.steps.iter().any(|step| match step {
        FileInstruction::Copy(copy) => by_copy(copy),
        FileInstruction::Run(commands) => commands.iter().any(by_command),
        FileInstruction::WorkingDir(_) | FileInstruction::Mount(_) => false,
    })
}

/// Says whether files of the build context keep their place in the project: `COPY data data`.
fn keeps_place(copy: &Copy, root: &str) -> bool {
    copy.sources.iter().any(|source| {
        let from = resolve(Some(root), source.trim_start_matches('/'));
        from.is_some_and(|from| from == copy.target || parent(&from) == copy.target)
    })
}

fn parent(path: &str) -> String {
    path.rsplit_once('/')
        .map_or("", |(folder, _)| folder)
        .to_owned()
}

/// Says whether two files are in the same folder, as an archive and its content often are.
fn in_folder_of(one: &str, other: &str) -> bool {
    parent(one) == parent(other)
}

/// Says whether a program creates no file with content.
fn only_touches(program: &str) -> bool {
    matches!(
        program,
        "mkdir"
            | "chown"
            | "chmod"
            | "rm"
            | "install"
            | "touch"
            | "ls"
            | "test"
            | "["
            | "cd"
            | "find"
            | "useradd"
            | "adduser"
            | "chgrp"
            | "true"
            | "echo"
    )
}

/// Says whether the image may have a folder that its build context lacks.
pub fn may_make_folder(dockerfile: &Dockerfile, folder: &str) -> bool {
    let root = dockerfile.working_dir.as_deref().unwrap_or("/");
    let Some(whole) = resolve(Some(root), folder) else {
        return false;
    };
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let by_command = |command: &Command| {
        let program = command.program();
        let removes = matches!(program, "rm" | "chown" | "chmod" | "chgrp" | "rmdir" | "ls");
        let in_folder = command.folder.as_deref().or(Some(root));
        !removes
            && command.arguments().any(|word| {
                let word = word.trim_end_matches('/');
                let is_there = |named: String| is_below(&named, &whole);
                let by_mkdir = program == "mkdir"
                    && ancestors(word).any(|part| part.rsplit('/').next() == Some(name));
                by_mkdir
                    || resolve(in_folder, word).is_some_and(is_there)
                    // The program may be a text: `os.makedirs("conf/local")`.
                    || word.contains(folder) && program.starts_with("python")
            })
    };
    dockerfile.steps.iter().any(|step| match step {
        FileInstruction::Copy(copy) => {
            is_below(&copy.target, &whole)
                || matches!(copy.from, Origin::Image(_) | Origin::Network)
                    && is_below(&whole, &copy.target)
        }
        FileInstruction::Run(commands) => commands.iter().any(by_command),
        FileInstruction::WorkingDir(made) => is_below(made, &whole),
        FileInstruction::Mount(_) => false,
    })
}
