//! Own files of pods: the real program mounts them into their rooms, as root and as another user.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop, and says what it leaves out"
)]

use std::ffi::OsString;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pod::own_files::{Declared, NOT_STARTED, Room, Surroundings, possible, remove};
use tempfile::TempDir;

/// User without any rights.
const NOBODY: u32 = 65534;

/// Machine with a project, and a user whose pods run there.
struct Machine {
    root: TempDir,
    program: PathBuf,
    /// User other than that of this process.
    user: Option<u32>,
    can_mount: bool,
}

impl Machine {
    fn new(user: Option<u32>) -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::set_permissions(root.path(), PermissionsExt::from_mode(0o755)).unwrap();
        // The other user may not reach the build folder.
        let program = root.path().join("argo-kedro");
        let built = env!("CARGO_BIN_EXE_argo-kedro");
        if std::fs::hard_link(built, &program).is_err() {
            std::fs::copy(built, &program).unwrap();
        }
        std::fs::create_dir(root.path().join("project")).unwrap();
        let machine = Self {
            root,
            program,
            user,
            can_mount: true,
        };
        machine.give(&machine.project());
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn project(&self) -> PathBuf {
        self.path("project")
    }

    /// Makes a path the user's, as if the user had created it.
    fn give(&self, path: &Path) {
        let Some(user) = self.user else {
            return;
        };
        let mut left = vec![path.to_owned()];
        while let Some(path) = left.pop() {
            let kind = path.symlink_metadata().unwrap();
            if kind.is_symlink() {
                continue;
            }
            if kind.is_dir() {
                left.extend(
                    std::fs::read_dir(&path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
            }
            chown(&path, Some(user), Some(user)).unwrap();
        }
    }

    fn room(&self, name: &str, declared: &[Declared]) -> Room {
        let kept = [self.project()];
        let around = Surroundings {
            program: &self.program,
            kept: &kept,
            can_mount: self.can_mount,
        };
        let room = Room::new(&self.path(name), declared, &around).unwrap();
        self.give(&self.path(name));
        room
    }

    fn command(&self, room: &Room, words: &[&str], working_folder: &Path) -> Command {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let start = room.start(&words, working_folder).unwrap();
        let mut command = Command::new(&start.words[0]);
        command
            .args(&start.words[1..])
            .current_dir(&start.folder)
            .envs(room.variables());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }

    fn run(&self, room: &Room, script: &str) -> Output {
        let script = room.rename(script);
        self.command(room, &["sh", "-ec", &script], &self.project())
            .output()
            .unwrap()
    }

    fn must_run(&self, room: &Room, script: &str) -> String {
        let output = self.run(room, script);
        assert!(output.status.success(), "{script}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn own(path: &str) -> Declared {
    Declared::Own(path.into())
}

fn mount(path: &str, from: PathBuf, read_only: bool) -> Declared {
    Declared::Mount {
        path: path.into(),
        from,
        read_only,
    }
}

/// Runs a check as root and as an ordinary user, or as the tests' user; skips it if the system forbids that.
fn as_everybody(check: impl Fn(&Machine)) {
    let is_root = rustix::process::geteuid().is_root();
    let users: &[Option<u32>] = if is_root {
        &[None, Some(NOBODY)]
    } else {
        &[None]
    };
    for user in users {
        let machine = Machine::new(*user);
        if let Err(why) = possible(&machine.program) {
            eprintln!("not tested, because {why}");
            return;
        }
        check(&machine);
    }
}

fn read(room: &Room, path: &str) -> String {
    let found = room
        .find(Path::new(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"));
    std::fs::read_to_string(found.resolved).unwrap()
}

#[test]
fn two_pods_write_to_the_same_paths_and_the_machine_has_neither() {
    as_everybody(|machine| {
        let paths = [
            "/tmp/argo-kedro-test/out",
            "/argo-kedro-test/deep/out",
            "/argo-kedro-test-file",
            "/etc/argo-kedro-test",
            "/usr/local/argo-kedro-test/x",
            "/var/tmp/argo-kedro-test",
        ];
        let declared = paths.map(own);
        let rooms = ["one", "two"].map(|name| machine.room(name, &declared));
        for (room, text) in rooms.iter().zip(["1", "2"]) {
            assert_eq!(room.shared().count(), 0);
            for path in paths {
                // The file does not exist at first, and can be replaced once written.
                let script = format!(
                    "mkdir -p $(dirname {path}); test ! -e {path}; echo {text} > {path}.new; mv {path}.new {path}; cat {path}"
                );
                assert_eq!(machine.must_run(room, &script).trim(), text);
            }
        }
        for path in paths {
            assert_eq!(
                (read(&rooms[0], path), read(&rooms[1], path)),
                ("1\n".to_owned(), "2\n".to_owned())
            );
            assert!(!Path::new(path).exists(), "{path}");
        }
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(
            !mounts.contains(machine.root.path().to_str().unwrap()),
            "{mounts}"
        );
    });
}

#[test]
fn the_rest_of_the_disk_is_as_it_is() {
    as_everybody(|machine| {
        let room = machine.room(
            "room",
            &[
                own("/argo-kedro-test/x"),
                own("/etc/argo-kedro-test"),
                own("/tmp/x"),
            ],
        );
        let hosts = std::fs::read_to_string("/etc/passwd").unwrap();
        assert_eq!(machine.must_run(&room, "cat /etc/passwd"), hosts);
        // The project is below /tmp, and must stay visible.
        machine.must_run(
            &room,
            "echo data > out.csv; mkdir -p data; mv out.csv data/out.csv; ls -A /tmp > names",
        );
        assert_eq!(
            std::fs::read_to_string(machine.path("project/data/out.csv")).unwrap(),
            "data\n"
        );
        // /tmp must have nothing else.
        let top = machine.root.path().file_name().unwrap().to_str().unwrap();
        assert_eq!(
            std::fs::read_to_string(machine.path("project/names")).unwrap(),
            format!("{top}\n")
        );
        for path in ["/proc/self/stat", "/dev/null", "/usr/bin", "/bin/sh"] {
            machine.must_run(&room, &format!("test -e {path}"));
        }
        let names = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let output = machine.must_run(&room, "ls /");
        let on_machine = Command::new("ls").arg("/").output().unwrap();
        let mut expected = names(std::str::from_utf8(&on_machine.stdout).unwrap());
        expected.push("argo-kedro-test".to_owned());
        expected.sort();
        let mut seen = names(&output);
        seen.sort();
        assert_eq!(seen, expected);
    });
}

#[test]
fn the_process_is_the_command() {
    as_everybody(|machine| {
        let room = machine.room("room", &[own("/argo-kedro-test/x")]);
        let project = machine.project();
        let child = machine.command(&room, &["sh", "-c", "echo $$ $(id -u) $(pwd)"], &project);
        let mut child = { child }
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let pid = child.id();
        let user = machine.user.unwrap_or(rustix::process::geteuid().as_raw());
        let mut said = String::new();
        std::io::Read::read_to_string(child.stdout.as_mut().unwrap(), &mut said).unwrap();
        child.wait().unwrap();
        assert_eq!(
            said,
            format!(
                "{pid} {user} {}\n",
                project.canonicalize().unwrap().display()
            )
        );
        assert_eq!(machine.run(&room, "exit 7").status.code(), Some(7));
        assert_eq!(
            machine.run(&room, "kill -TERM $$").status.signal(),
            Some(15)
        );
        assert_eq!(room.why_not_started().unwrap(), None);
    });
}

#[test]
fn a_command_that_cannot_start_ends_as_in_argo() {
    as_everybody(|machine| {
        for (words, message) in [
            (
                ["argo-kedro-no-such", ""],
                "failed to find name in PATH: exec: \"argo-kedro-no-such\": executable file not found in $PATH",
            ),
            (
                ["/no/such", ""],
                "failed to find name in PATH: exec: \"/no/such\": stat /no/such: no such file or directory",
            ),
            (
                ["/etc/passwd", ""],
                "failed to find name in PATH: exec: \"/etc/passwd\": permission denied",
            ),
        ] {
            let room = machine.room("room", &[own("/tmp/x")]);
            let output = machine
                .command(&room, &words, &machine.project())
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(i32::from(NOT_STARTED)));
            assert_eq!(
                String::from_utf8(output.stderr).unwrap(),
                format!("{message}\n")
            );
            assert_eq!(room.why_not_started().unwrap().as_deref(), Some(message));
            remove(&machine.path("room")).unwrap();
        }
    });
}

#[test]
fn a_volume_is_where_the_template_says_and_its_files_are_found() {
    as_everybody(|machine| {
        let (work, config) = (machine.path("work"), machine.path("config"));
        for folder in [&work, &config] {
            std::fs::create_dir(folder).unwrap();
        }
        std::fs::write(config.join("key"), "value").unwrap();
        machine.give(&work);
        let room = machine.room(
            "room",
            &[
                own("/argo-kedro-work/out"),
                mount("/argo-kedro-work", work.clone(), false),
                mount("/argo-kedro-work/inner/config", config.clone(), true),
                mount("/etc/argo-kedro.conf", config.join("key"), true),
                mount("/tmp/config", config.clone(), true),
                mount("/opt", work.clone(), false),
            ],
        );
        machine.give(&work);
        let said = machine.must_run(
            &room,
            "cat /argo-kedro-work/inner/config/key /etc/argo-kedro.conf /tmp/config/key
             echo out > /argo-kedro-work/out; cat /opt/out
             for f in /argo-kedro-work/inner/config/new /etc/argo-kedro.conf /tmp/config/key; do
                 (echo x > $f) 2>/dev/null && echo written; done; true",
        );
        assert_eq!(said, "valuevaluevalueout\n");
        assert_eq!(std::fs::read_to_string(work.join("out")).unwrap(), "out\n");
        for (path, text) in [
            ("/argo-kedro-work/out", "out\n"),
            ("/opt/out", "out\n"),
            ("/argo-kedro-work/inner/config/key", "value"),
            ("/etc/argo-kedro.conf", "value"),
            ("/tmp/config/key", "value"),
        ] {
            assert_eq!(read(&room, path), text, "{path}");
        }
        assert!(!Path::new("/etc/argo-kedro.conf").exists());
    });
}

#[test]
fn inputs_are_there_before_and_the_working_folder_may_be_the_pods_own() {
    as_everybody(|machine| {
        let room = machine.room(
            "room",
            &[
                own("/argo-kedro/staging/script"),
                own("/argo-kedro/in/data"),
            ],
        );
        for (path, text) in [
            ("/argo-kedro/staging/script", "cat data\n"),
            ("/argo-kedro/in/data", "content"),
        ] {
            let at = room.host_path(Path::new(path)).unwrap();
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, text).unwrap();
        }
        machine.give(&machine.path("room"));
        let words = ["sh", "/argo-kedro/staging/script"];
        let output = machine
            .command(&room, &words, Path::new("/argo-kedro/in"))
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            "content",
            "{:?}",
            String::from_utf8(output.stderr)
        );
    });
}

/// Checks that a link of the pod keeps its meaning from the pod, and does not get that of this machine.
#[test]
fn links_mean_what_they_mean_in_the_pod() {
    as_everybody(|machine| {
        let room = machine.room("room", &[own("/tmp/x"), own("/argo-kedro-test/out")]);
        machine.must_run(
            &room,
            "echo real > /tmp/real; ln -s /tmp/real /argo-kedro-test/out; ln -s nowhere /tmp/dangling
             ln -s loop /tmp/loop; ln -s /etc/passwd /tmp/passwd; mkdir /tmp/dir; ln -s /tmp/dir /tmp/to-dir
             echo in > /tmp/to-dir/in",
        );
        assert_eq!(read(&room, "/argo-kedro-test/out"), "real\n");
        assert_eq!(read(&room, "/tmp/to-dir/in"), "in\n");
        assert_eq!(
            read(&room, "/tmp/passwd"),
            std::fs::read_to_string("/etc/passwd").unwrap()
        );
        let found = room.find(Path::new("/argo-kedro-test/out")).unwrap();
        assert!(found.path.is_symlink() && !found.resolved.is_symlink());
        let error = |path: &str| room.find(Path::new(path)).unwrap_err();
        assert_eq!(error("/tmp/dangling").kind(), std::io::ErrorKind::NotFound);
        assert_eq!(error("/tmp/nothing").kind(), std::io::ErrorKind::NotFound);
        assert_eq!(
            error("/tmp/loop").raw_os_error(),
            Some(rustix::io::Errno::LOOP.raw_os_error())
        );
        assert_eq!(
            error("/tmp/real/below").raw_os_error(),
            Some(rustix::io::Errno::NOTDIR.raw_os_error())
        );
    });
}

#[test]
fn nothing_is_left_when_the_room_is_removed() {
    as_everybody(|machine| {
        let room = machine.room(
            "room",
            &[own("/argo-kedro-test/x"), own("/etc/argo-kedro-test")],
        );
        machine.must_run(
            &room,
            "mkdir -p /tmp/a/b; echo x > /tmp/a/b/c; chmod 0 /tmp/a/b /tmp/a",
        );
        remove(&machine.path("room")).unwrap();
        assert!(!machine.path("room").exists());
        remove(&machine.path("room")).unwrap();
        // The mounted paths are unchanged.
        assert!(Path::new("/etc/passwd").exists() && machine.project().exists());
    });
}

#[test]
fn what_is_in_the_project_is_shared_and_has_another_path_as_well() {
    as_everybody(|machine| {
        let path = machine
            .path("project/out")
            .canonicalize()
            .unwrap_or_else(|_| machine.path("project/out"));
        let mut room = machine.room("room", &[Declared::Own(path.clone()), own("/tmp/x")]);
        assert_eq!(room.shared().collect::<Vec<_>>(), [path.as_path()]);
        // One write uses the declared words, one the path itself.
        machine.must_run(&room, &format!("echo said > {}", path.display()));
        room.collect().unwrap();
        assert_eq!(read(&room, path.to_str().unwrap()), "said\n");
        assert!(!path.exists());
        let mut room = machine.room("other", &[Declared::Own(path.clone())]);
        machine.must_run(&room, "echo known > out");
        room.collect().unwrap();
        assert_eq!(read(&room, path.to_str().unwrap()), "known\n");
        assert!(!path.exists());
    });
}

#[test]
fn a_system_that_forbids_it_gives_pods_other_paths() {
    let mut machine = Machine::new(None);
    machine.can_mount = false;
    let volume = machine.path("volume");
    std::fs::create_dir(&volume).unwrap();
    let declared = [
        own("/tmp/argo-kedro-test/out"),
        own("/argo-kedro-work/y"),
        mount("/argo-kedro-work", volume.clone(), false),
    ];
    let mut rooms = ["one", "two"].map(|name| machine.room(name, &declared));
    for (room, text) in rooms.iter_mut().zip(["1", "2"]) {
        machine.must_run(
            room,
            &format!("echo {text} > /tmp/argo-kedro-test/out; echo {text} > /argo-kedro-work/y; echo $TMPDIR > /argo-kedro-work/tmp; touch $TMPDIR/x"),
        );
        room.collect().unwrap();
        assert_eq!(read(room, "/argo-kedro-work/y"), format!("{text}\n"));
        assert!(
            read(room, "/argo-kedro-work/tmp").starts_with(
                machine
                    .root
                    .path()
                    .canonicalize()
                    .unwrap()
                    .to_str()
                    .unwrap()
            )
        );
        assert_eq!(room.shared().count(), 3);
    }
    assert_eq!(
        (
            read(&rooms[0], "/tmp/argo-kedro-test/out"),
            read(&rooms[1], "/tmp/argo-kedro-test/out")
        ),
        ("1\n".into(), "2\n".into())
    );
    assert_eq!(std::fs::read_to_string(volume.join("y")).unwrap(), "2\n");
    assert!(!Path::new("/tmp/argo-kedro-test").exists());
}

#[test]
fn some_paths_are_nobodys_own() {
    let machine = Machine::new(None);
    let around = Surroundings {
        program: &machine.program,
        kept: &[],
        can_mount: true,
    };
    for (path, message) in [
        ("/", "/ cannot be a pod's own: it is the whole disk"),
        ("/a/..", "/a/.. cannot be a pod's own: it is the whole disk"),
        (
            "relative",
            "relative cannot be a pod's own: it does not begin with /",
        ),
        (
            "/proc/x",
            "/proc/x cannot be a pod's own: the kernel makes what is there",
        ),
        (
            "/etc/passwd/x",
            "/etc/passwd/x cannot be a pod's own: a file is on its way",
        ),
    ] {
        let error = Room::new(&machine.path("room"), &[own(path)], &around).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    // A pod that declares no files has no room.
    let room = Room::new(&machine.path("none"), &[], &around).unwrap();
    assert!(!machine.path("none").exists());
    assert_eq!(
        room.start(&["x".into()], Path::new("/")).unwrap().words,
        ["x"]
    );
}
