//! Entry of a pod into its room: mounts, then the exec of the command.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::pivot_root;
use rustix::fs::StatVfsMountFlags;

use super::plan::{Mount, NOT_STARTED, PLAN, Plan, SUBCOMMAND, WHY_NOT};
use super::possible::TRY;

/// Runs the command of a pod in its room, if this program was started for that. Call this first in `main`: a process
/// with more than one thread cannot create a user namespace.
///
/// # Arguments
///
/// * `words`: The command line, including the program's own name.
///
/// # Returns
///
/// None if the program was started for something else; otherwise the exit code, if the command is missing or cannot
/// start.
pub fn enter(mut words: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    words.next();
    if words.next()? != SUBCOMMAND {
        return None;
    }
    let room = words.next().unwrap_or_default();
    if room == TRY {
        return Some(match try_out() {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => fail(&why, None),
        });
    }
    let room = PathBuf::from(room);
    let folder = words.next().unwrap_or_default();
    let command: Vec<OsString> = words.collect();
    let why = become_command(&room, &folder, &command);
    // The new root may hide the room, unless the room is kept.
    Some(fail(&why, Some(&room.join(WHY_NOT))))
}

fn fail(why: &str, to: Option<&Path>) -> ExitCode {
    if let Some(to) = to {
        // The user gets the same message on standard error.
        let _ = std::fs::write(to, why);
    }
    let _ = writeln!(io::stderr(), "{why}");
    ExitCode::from(NOT_STARTED)
}

/// Replaces this process by the command; returns the reason if that fails.
fn become_command(room: &Path, folder: &OsStr, command: &[OsString]) -> String {
    let entered = std::fs::read(room.join(PLAN))
        .and_then(|bytes| Plan::from_bytes(&bytes))
        .map_err(|error| format!("cannot read the plan of the pod's room: {error}"))
        .and_then(|plan| into(&plan));
    if let Err(why) = entered {
        return why;
    }
    if let Err(error) = std::env::set_current_dir(folder) {
        return format!("cannot enter the folder {}: {error}", folder.display());
    }
    let Some((program, words)) = command.split_first() else {
        return "the command is empty".to_owned();
    };
    let error = Command::new(program).args(words).exec();
    super::why_no_program(program, &error)
}

/// Tries the steps that every pod needs, without a room.
fn try_out() -> Result<(), String> {
    take_namespaces()?;
    let root = Path::new("/");
    bind(root, root).map_err(|error| format!("the system forbids mounts: {error}"))
}

fn into(plan: &Plan) -> Result<(), String> {
    take_namespaces()?;
    for mount in &plan.mounts {
        make(mount)?;
    }
    let Some(root) = &plan.root else {
        return plan.last.iter().try_for_each(make);
    };
    for mount in &plan.last {
        make(&Mount {
            to: super::plan::below(root, &mount.to),
            ..mount.clone()
        })?;
    }
    std::env::set_current_dir(root)
        .and_then(|()| change_root())
        .and_then(|()| std::env::set_current_dir("/"))
        .map_err(|error| format!("cannot make {} the root: {error}", root.display()))
}

/// Separates the mounts of this process from others. Root keeps all its rights; any other user gets a user namespace,
/// with the same ids.
fn take_namespaces() -> Result<(), String> {
    let (user, group) = (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    );
    let is_alone = user == 0 && unshare(CloneFlags::CLONE_NEWNS).is_ok();
    if !is_alone {
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS).map_err(
            |error| match error {
                nix::errno::Errno::ENOSPC => "the system has no user namespaces left".to_owned(),
                error => format!("the system forbids user namespaces: {}", error.desc()),
            },
        )?;
        // An unprivileged user may map its own group only after giving up `setgroups`.
        let mapped = std::fs::write("/proc/self/setgroups", "deny")
            .and_then(|()| std::fs::write("/proc/self/uid_map", format!("{user} {user} 1")))
            .and_then(|()| std::fs::write("/proc/self/gid_map", format!("{group} {group} 1")));
        mapped
            .map_err(|error| format!("the system forbids user namespaces with users: {error}"))?;
    }
    // Mounts of others still appear here; mounts made here stay invisible to others.
    let none: Option<&str> = None;
    let flags = MsFlags::MS_SLAVE | MsFlags::MS_REC;
    mount(none, "/", none, flags, none)
        .map_err(|error| format!("the system forbids mounts of one's own: {}", error.desc()))
}

fn make(mount: &Mount) -> Result<(), String> {
    let (from, to) = (&mount.from, &mount.to);
    bind(from, to)
        .and_then(|()| {
            if mount.read_only {
                make_read_only(to)
            } else {
                Ok(())
            }
        })
        .map_err(|error| {
            format!(
                "cannot mount {} at {}: {error}",
                from.display(),
                to.display()
            )
        })
}

fn bind(from: &Path, to: &Path) -> io::Result<()> {
    let none: Option<&str> = None;
    mount(
        Some(from),
        to,
        none,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        none,
    )?;
    Ok(())
}

/// Remounts read-only. The call has to repeat the existing flags: a user may not remove them.
fn make_read_only(at: &Path) -> io::Result<()> {
    let now = rustix::fs::statvfs(at)?.f_flag;
    let mut flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    for (has, flag) in [
        (StatVfsMountFlags::NOSUID, MsFlags::MS_NOSUID),
        (StatVfsMountFlags::NODEV, MsFlags::MS_NODEV),
        (StatVfsMountFlags::NOEXEC, MsFlags::MS_NOEXEC),
        (StatVfsMountFlags::NOATIME, MsFlags::MS_NOATIME),
        (StatVfsMountFlags::NODIRATIME, MsFlags::MS_NODIRATIME),
        (StatVfsMountFlags::RELATIME, MsFlags::MS_RELATIME),
    ] {
        if now.contains(has) {
            flags |= flag;
        }
    }
    let none: Option<&str> = None;
    mount(none, at, none, flags, none)?;
    Ok(())
}

/// Makes the working folder the root of this process, and detaches the old root. If the old root is no mount point, it
/// is only hidden.
fn change_root() -> io::Result<()> {
    if pivot_root(".", ".").is_ok() {
        umount2(".", MntFlags::MNT_DETACH)?;
        return Ok(());
    }
    rustix::process::chroot(".")?;
    Ok(())
}
