//! Plan of a container: the commands for the container engine, in a file that the container's process reads.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use runs::private;
use serde::{Deserialize, Serialize};

use super::engine::ContainerEngine;

/// Name of the plan in the folder of a container's files. While this file exists, the container may exist.
pub const PLAN: &str = "container.json";
/// Name of a file beside the plan; it exists if the kernel killed the container because of its memory.
pub(super) const OUT_OF_MEMORY: &str = "out-of-memory";
/// Hidden command of this program that represents a container.
pub const SUBCOMMAND: &str = "run-in-image";

/// Names of variables that the engine's client reads; one with `_` at its end is a prefix.
const OF_ENGINE: [&str; 9] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LD_",
    "DOCKER_",
    "CONTAINER_",
    "CONTAINERS_",
    "PODMAN_",
    "XDG_",
];

/// A file or folder to copy from a container that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Path in the container.
    pub path: PathBuf,
    /// Path on this machine; nothing exists there before.
    pub to: PathBuf,
}

/// A file or folder of this machine that is mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// Path on this machine.
    pub from: PathBuf,
    /// Path in the container.
    pub to: PathBuf,
    /// Set if the container may only read it.
    pub read_only: bool,
}

/// Description of a container, from its manifest.
#[derive(Debug, Clone, Default)]
pub struct NamedInImage<'a> {
    /// Name for the engine; no other container of this machine may have it.
    pub name: String,
    /// The image.
    pub image: &'a str,
    /// `imagePullPolicy`: `Always`, `Never` or `IfNotPresent`; empty for the engine's own choice.
    pub pull: &'a str,
    /// Program that takes the place of the image's entrypoint.
    pub program: Option<&'a str>,
    /// Words behind the program.
    pub words: &'a [String],
    /// Folder to start in; none for that of the image.
    pub folder: Option<&'a Path>,
    /// Variables of the container.
    pub variables: &'a [(OsString, OsString)],
    /// Bytes of memory that the container may hold.
    pub memory: Option<u64>,
    /// User, and group behind a colon; none for that of the image.
    pub user: Option<String>,
}

/// Commands for the container engine about one container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagePlan {
    /// The engine.
    pub(super) engine: ContainerEngine,
    /// Name of the container.
    pub(super) name: String,
    /// Name of the image.
    pub(super) image: String,
    /// Program that takes the place of the image's entrypoint.
    pub(super) program: Option<String>,
    /// Arguments of `create`. They have no values of variables, because other users can read the arguments of a process.
    pub(super) create: Vec<String>,
    /// Set if the container is killed when it holds too much memory.
    pub(super) limits_memory: bool,
    /// Files and folders to take out of the container.
    pub(super) outputs: Vec<Taken>,
    /// File for the reason why the container was not started.
    pub(super) why_not: PathBuf,
}

/// Says whether the engine's client reads a variable. Then the client must not get the container's value.
pub fn is_of_engine(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let mut of_engine = OF_ENGINE.iter();
    of_engine.any(|known| {
        if known.ends_with('_') {
            name.starts_with(known)
        } else {
            name == *known
        }
    })
}

impl ImagePlan {
    /// Makes the plan of a container.
    ///
    /// # Arguments
    ///
    /// * `binds`: Mounts of the container.
    /// * `outputs`: Files and folders to copy from the container.
    /// * `why_not`: File for the reason why the container was not started.
    ///
    /// # Errors
    ///
    /// A path or a value is not UTF-8.
    pub fn new(
        engine: &ContainerEngine,
        container: &NamedInImage<'_>,
        binds: &[Bind],
        outputs: Vec<Taken>,
        why_not: PathBuf,
    ) -> io::Result<Self> {
        // The container shares the machine's network, as processes do: a daemon answers at the loopback address.
        let mut create: Vec<String> = ["--name", &container.name, "--network", "host"]
            .map(str::to_owned)
            .into();
        // No log file: this process shows the output. SELinux would deny access to files without a container label.
        create
            .extend(["--log-driver", "none", "--security-opt", "label=disable"].map(str::to_owned));
        let pull = match container.pull {
            "Always" => Some("always"),
            "Never" => Some("never"),
            "IfNotPresent" => Some("missing"),
            _ => None,
        };
        let mut option = |name: &str, value: String| create.extend([name.to_owned(), value]);
        if let Some(pull) = pull {
            option("--pull", pull.to_owned());
        }
        if let Some(folder) = container.folder {
            option("--workdir", text(folder.as_os_str())?.to_owned());
        }
        if let Some(user) = &container.user {
            option("--user", user.clone());
        }
        if let Some(memory) = container.memory {
            option("--memory", memory.to_string());
            // A pod has no swap.
            option("--memory-swap", memory.to_string());
        }
        for (name, value) in container.variables {
            let name = text(name)?;
            option(
                "--env",
                if is_of_engine(name.as_ref()) {
                    format!("{name}={}", text(value)?)
                } else {
                    name.to_owned()
                },
            );
        }
        for bind in binds {
            option("--mount", mount(bind)?);
        }
        if let Some(program) = container.program {
            option("--entrypoint", program.to_owned());
        }
        create.push(container.image.to_owned());
        create.extend(container.words.iter().cloned());
        Ok(Self {
            engine: engine.clone(),
            name: container.name.clone(),
            image: container.image.to_owned(),
            program: container.program.map(str::to_owned),
            create,
            limits_memory: container.memory.is_some(),
            outputs,
            why_not,
        })
    }

    /// Writes the plan into the folder of a container's files, where nobody else reads it.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        private::make_folder(folder)?;
        let file = folder.join(PLAN);
        fs_err::write(&file, serde_json::to_vec(self)?)?;
        Ok(file)
    }

    /// Reads a plan.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or holds no plan.
    pub(super) fn read(file: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs_err::read(file)?)?)
    }
}

/// A mount as an argument of the engine: fields in CSV.
fn mount(bind: &Bind) -> io::Result<String> {
    let field = |name: &str, path: &Path| -> io::Result<String> {
        let field = format!("{name}={}", text(path.as_os_str())?);
        Ok(if field.contains([',', '"']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field
        })
    };
    let (from, to) = (field("source", &bind.from)?, field("target", &bind.to)?);
    let end = if bind.read_only { ",readonly" } else { "" };
    Ok(format!("type=bind,{from},{to}{end}"))
}

fn text(text: &OsStr) -> io::Result<&str> {
    text.to_str().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "a container cannot have {}: it is not UTF-8",
                text.display()
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_told_to_the_engine_without_the_values_of_its_variables() {
        let engine = ContainerEngine {
            program: "podman".into(),
            is_docker: false,
        };
        let variables = [("TOKEN", "planted\nsecret"), ("PATH", "/bin")];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let words = ["-c".to_owned(), "echo hi".to_owned()];
        let container = NamedInImage {
            name: "wf-1-main".to_owned(),
            image: "busybox",
            pull: "IfNotPresent",
            program: Some("sh"),
            words: &words,
            folder: Some(Path::new("/work")),
            variables: &variables,
            memory: Some(1 << 20),
            user: Some("1000:0".to_owned()),
        };
        let binds = [
            Bind {
                from: "/run/a,b".into(),
                to: "/in".into(),
                read_only: true,
            },
            Bind {
                from: "/x".into(),
                to: "/y".into(),
                read_only: false,
            },
        ];
        let plan = ImagePlan::new(&engine, &container, &binds, Vec::new(), "/why".into()).unwrap();
        let told = plan.create.join(" ");
        assert_eq!(
            told,
            "--name wf-1-main --network host --log-driver none --security-opt label=disable --pull missing \
             --workdir /work --user 1000:0 --memory 1048576 --memory-swap 1048576 --env TOKEN --env PATH=/bin \
             --mount type=bind,\"source=/run/a,b\",target=/in,readonly --mount type=bind,source=/x,target=/y \
             --entrypoint sh busybox -c echo hi"
        );
        let folder = tempfile::tempdir().unwrap();
        let file = plan.write(folder.path()).unwrap();
        assert_eq!(ImagePlan::read(&file).unwrap(), plan);
        std::fs::write(&file, "{").unwrap();
        assert!(ImagePlan::read(&file).is_err());
    }

    #[test]
    fn an_image_has_its_own_entrypoint_where_there_is_no_command() {
        let engine = ContainerEngine {
            program: "docker".into(),
            is_docker: true,
        };
        let container = NamedInImage {
            name: "n".to_owned(),
            image: "i",
            ..NamedInImage::default()
        };
        let plan = ImagePlan::new(&engine, &container, &[], Vec::new(), "/why".into()).unwrap();
        assert_eq!(plan.create.last().map(String::as_str), Some("i"));
        assert!(!plan.create.iter().any(|word| word == "--entrypoint"));
    }
}
