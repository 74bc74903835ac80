//! Files and folders: stamps that change with each write, and digests of content.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::task::Content;

/// Age in nanoseconds below which a file may be written again without a change of its time.
const SETTLES: i128 = 2_000_000_000;

/// Number of files, their size, and when they were changed last, in nanoseconds since 1970, as tasks note it
/// (`python/argo_kedro/results.py`).
///
/// # Errors
///
/// The path does not exist, or its metadata cannot be read.
pub(super) fn stamp(path: &Path) -> io::Result<String> {
    let (number, size, modified) = looked_at(path)?;
    Ok(format!("{number}-{size}-{modified}"))
}

fn looked_at(path: &Path) -> io::Result<(u64, u64, i128)> {
    let mut found = (0, 0, 0);
    for file in files(path)? {
        let about = fs::metadata(file)?;
        let modified = i128::from(about.mtime()) * 1_000_000_000 + i128::from(about.mtime_nsec());
        found = (found.0 + 1, found.1 + about.len(), found.2.max(modified));
    }
    Ok(found)
}

/// Reads a file, or all files of a folder.
///
/// # Errors
///
/// A file cannot be read, or was written meanwhile.
pub(super) fn read(path: &Path) -> io::Result<Content> {
    let (number, size, modified) = looked_at(path)?;
    let before = format!("{number}-{size}-{modified}");
    let mut digest = Sha256::new();
    for file in files(path)? {
        let name = file.strip_prefix(path).unwrap_or(&file);
        digest.update(name.as_os_str().as_encoded_bytes());
        digest.update([0]);
        digest.update(digest_of_file(&file)?);
    }
    if stamp(path)? != before {
        return Err(io::Error::other("it was written meanwhile"));
    }
    Ok(Content {
        path: path.display().to_string(),
        stamp: before,
        digest: hex(&digest.finalize()),
        is_settled: modified + SETTLES < Timestamp::now().as_nanosecond(),
    })
}

fn digest_of_file(file: &Path) -> io::Result<impl AsRef<[u8]>> {
    let mut digest = Sha256::new();
    let mut file = fs::File::open(file)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finalize()),
            length => digest.update(&buffer[..length]),
        }
    }
}

/// Gives a file itself, or all files below a folder, in the order of their paths.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // Do not follow links to folders, like `os.walk`.
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if !entry.path().is_dir() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Digest of a text, as short as the digests of code.
pub(super) fn digest_of(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(digest: &[u8]) -> String {
    const LENGTH: usize = 16;
    let bytes = digest.iter().take(LENGTH);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_content_or_another_name_is_another_digest() {
        let folder = tempfile::tempdir().unwrap();
        let digest = || read(folder.path()).unwrap().digest;
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a", "x");
        fs::create_dir(folder.path().join("inner")).unwrap();
        write("inner/b", "y");
        let first = digest();
        write("a", "x");
        assert_eq!(digest(), first);
        write("inner/b", "z");
        let second = digest();
        assert_ne!(second, first);
        fs::rename(folder.path().join("a"), folder.path().join("c")).unwrap();
        assert_ne!(digest(), second);
        assert!(read(&folder.path().join("none")).is_err());
        let stamp = stamp(folder.path()).unwrap();
        assert!(stamp.starts_with("2-2-"), "{stamp}");
    }
}
