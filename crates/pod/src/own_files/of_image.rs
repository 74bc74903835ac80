//! Files of a container that runs in its own image: a folder for its inputs, and for the outputs that are copied from it.

use std::path::Path;

use runs::private;

use super::declared::{Declared, RoomError};
use super::plan::below;
use super::room::{Room, owned};
use crate::in_image::{Bind, Taken};

impl Room {
    /// Creates the room of a container that runs in its own image: a folder for its inputs, and for the outputs that are
    /// copied from it.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn for_image(folder: &Path, declared: &[Declared]) -> Result<Self, RoomError> {
        private::make_folder(folder)?;
        let folder = std::fs::canonicalize(folder)?;
        // The container engine mounts the files, so the room needs no program.
        let mut room = Self::empty(&folder, Path::new(""));
        let mut known = Vec::with_capacity(declared.len());
        for declared in declared {
            let path = owned(declared.path())?;
            known.push(match declared {
                Declared::Mount {
                    from, read_only, ..
                } => {
                    let from = std::fs::canonicalize(from)?;
                    room.places.insert(path.clone(), from.clone());
                    Declared::Mount {
                        path,
                        from,
                        read_only: *read_only,
                    }
                }
                Declared::Own(_) => Declared::Own(path),
            });
        }
        let is_mounted = |path: &Path| {
            let mut all = known.iter();
            all.any(
                |it| matches!(it, Declared::Mount { path: above, .. } if path.starts_with(above)),
            )
        };
        for declared in &known {
            if let Declared::Own(path) = declared
                && !is_mounted(path)
            {
                // Do not create the parent folder yet: an empty one would hide that of the image.
                let own = below(&room.folder.join("files"), path);
                room.places.insert(path.clone(), own);
            }
        }
        room.of_image = Some(known);
        Ok(room)
    }

    /// Lists the mounts of a container that runs in its own image, and the outputs to copy from it. Call this when its
    /// inputs exist.
    pub fn image_files(&self) -> (Vec<Bind>, Vec<Taken>) {
        let (mut binds, mut outputs) = (Vec::new(), Vec::new());
        let mut declared: Vec<&Declared> = self.of_image.iter().flatten().collect();
        // Put a folder before its content.
        declared.sort_by_key(|declared| declared.path());
        for declared in declared {
            let path = declared.path();
            let at = self.places.at(path);
            match declared {
                Declared::Mount { read_only, .. } => binds.push(Bind {
                    from: at,
                    to: path.to_owned(),
                    read_only: *read_only,
                }),
                // This path is inside of a mount or of another output.
                Declared::Own(_)
                    if binds.iter().any(|bind: &Bind| path.starts_with(&bind.to))
                        || outputs
                            .iter()
                            .any(|taken: &Taken| path.starts_with(&taken.path)) => {}
                Declared::Own(_) if at.exists() => binds.push(Bind {
                    from: at,
                    to: path.to_owned(),
                    read_only: false,
                }),
                Declared::Own(_) => outputs.push(Taken {
                    path: path.to_owned(),
                    to: at,
                }),
            }
        }
        (binds, outputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_mounted_and_the_rest_is_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        let volume = folder.path().join("volume");
        std::fs::create_dir(&volume).unwrap();
        let volume = std::fs::canonicalize(volume).unwrap();
        let own = |path: &str| Declared::Own(path.into());
        let mount = Declared::Mount {
            path: "/mnt".into(),
            from: volume.clone(),
            read_only: true,
        };
        let declared = [
            own("/out/deep"),
            own("/lib/../out"),
            own("/mnt/made"),
            own("/in"),
            mount,
        ];
        let room = Room::for_image(&folder.path().join("room"), &declared).unwrap();
        let put = room.host_path(Path::new("/in")).unwrap();
        std::fs::create_dir_all(put.parent().unwrap()).unwrap();
        std::fs::write(&put, "").unwrap();
        let (binds, outputs) = room.image_files();
        let seen: Vec<_> = binds
            .iter()
            .map(|it| (&*it.to, &*it.from, it.read_only))
            .collect();
        assert_eq!(
            seen,
            [
                (Path::new("/in"), &*put, false),
                (Path::new("/mnt"), &*volume, true)
            ]
        );
        let taken: Vec<_> = outputs.iter().map(|taken| &*taken.path).collect();
        assert_eq!(taken, [Path::new("/out")]);
        let made = room.host_path(Path::new("/mnt/made")).unwrap();
        assert_eq!(made, volume.join("made"));
        // A copied link would lead to a file of this machine.
        std::os::unix::fs::symlink("/etc/passwd", &outputs[0].to).unwrap();
        assert!(room.find(Path::new("/out")).is_err());
        for path in ["relative", "/", "/proc/x"] {
            assert!(
                Room::for_image(folder.path(), &[own(path)]).is_err(),
                "{path}"
            );
        }
    }
}
