//! The tag of an image: a digest of everything that it is built from.
//!
//! The same files give the same tag on any machine. Times and owners do not count, and of the permissions only whether
//! the owner may execute a file.

use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use indexmap::IndexMap;

use crate::context::{Context, Entry, EntryKind, bytes};
use crate::stat_cache::StatCache;
use crate::{ImageError, Tag};

/// Version of the tag's calculation. Change it if the same files must get another tag.
const VERSION: &str = "argo-kedro image 1";
/// Hexadecimal digits of a tag: 64 bits.
const DIGITS: usize = 16;
/// File in this program's own folder that caches digests.
const CACHE: &str = "digests";

/// Inputs of a build besides the files of its context.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// Platform, e.g. `linux/amd64`.
    pub platform: &'a str,
    /// Stage of the Dockerfile to stop at.
    pub target: Option<&'a str>,
    /// Build arguments.
    pub build_args: &'a IndexMap<String, String>,
    /// This program's own folder. Its content does not count, because each run changes it. It caches digests of files;
    /// a cache that cannot be written is no error.
    pub state: Option<&'a Path>,
}

/// Digests of a context and its inputs, part by part.
pub(crate) struct Content<'a> {
    /// The relevant entries of the context.
    pub(crate) entries: Vec<&'a Entry>,
    /// Digest of each entry that is a file; meaningless for other entries.
    pub(crate) digests: Vec<Digest>,
    /// The Dockerfile.
    pub(crate) dockerfile: Vec<u8>,
}

impl<'a> Content<'a> {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub(crate) fn read(context: &'a Context, state: Option<&Path>) -> Result<Self, ImageError> {
        let inside = state.and_then(|state| state.strip_prefix(&context.root).ok());
        let entries: Vec<&Entry> = context
            .entries
            .iter()
            .filter(|entry| inside.is_none_or(|state| !entry.path.starts_with(state)))
            .collect();
        let cache = state.map(|state| state.join(CACHE));
        let digests = digests(&context.root, &entries, cache.as_deref())?;
        Ok(Self {
            entries,
            digests,
            dockerfile: fs_err::read(&context.dockerfile)?,
        })
    }
}

/// The tag for a context and its inputs.
///
/// # Errors
///
/// A file that cannot be read.
pub fn content_tag(context: &Context, inputs: Inputs<'_>) -> Result<Tag, ImageError> {
    let content = Content::read(context, inputs.state)?;
    let mut hasher = Hasher::new(VERSION);
    hasher.field(inputs.platform.as_bytes());
    hasher.field(inputs.target.unwrap_or_default().as_bytes());
    let mut arguments: Vec<_> = inputs.build_args.iter().collect();
    arguments.sort();
    hasher.number(arguments.len());
    for (name, value) in arguments {
        hasher.field(name.as_bytes());
        hasher.field(value.as_bytes());
    }
    hasher.field(&content.dockerfile);
    for (entry, digest) in content.entries.iter().zip(&content.digests) {
        hasher.field(bytes(&entry.path));
        match &entry.kind {
            EntryKind::File { executable, .. } => {
                hasher.field(if *executable { b"program" } else { b"file" });
                hasher.field(digest);
            }
            EntryKind::Folder => hasher.field(b"folder"),
            EntryKind::Link { target } => {
                hasher.field(b"link");
                hasher.field(bytes(target));
            }
            EntryKind::Special => hasher.field(b"special"),
        }
    }
    let digits = hasher.0.finalize().to_hex();
    Ok(Tag::of_content(&digits[..DIGITS]))
}

/// A hasher in which adjacent fields cannot be confused.
struct Hasher(blake3::Hasher);

impl Hasher {
    fn new(version: &str) -> Self {
        let mut hasher = Self(blake3::Hasher::new());
        hasher.field(version.as_bytes());
        hasher
    }

    fn field(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.0.update(bytes);
    }

    fn number(&mut self, number: usize) {
        self.0.update(&(number as u64).to_le_bytes());
    }
}

pub(crate) type Digest = [u8; 32];

/// The digest of every file entry, in order.
fn digests(
    root: &Path,
    entries: &[&Entry],
    cache: Option<&Path>,
) -> Result<Vec<Digest>, ImageError> {
    // Without a cache, read every file.
    let cache = cache.and_then(|file| StatCache::open(file).ok());
    let mut digests = vec![Digest::default(); entries.len()];
    let mut unknown = Vec::new();
    for (index, (entry, digest)) in entries.iter().zip(&mut digests).enumerate() {
        if let EntryKind::File { stat, .. } = &entry.kind {
            match cache
                .as_ref()
                .and_then(|cache| cache.get(&entry.path, stat))
            {
                Some(known) => *digest = known,
                None => unknown.push(index),
            }
        }
    }
    let read = |index: usize| read_one(&root.join(&entries[index].path));
    for (index, digest) in on_every_core(&unknown, read)? {
        digests[index] = digest;
    }
    if let Some(cache) = cache {
        let files = entries.iter().zip(&digests);
        let files = files.filter_map(|(entry, digest)| match &entry.kind {
            EntryKind::File { stat, .. } => Some((entry.path.as_path(), stat, *digest)),
            _ => None,
        });
        // Without the cache, the next command reads all files again.
        let _ = cache.save(files);
    }
    Ok(digests)
}

/// Calls `work` for each index, on all cores.
fn on_every_core<T: Send>(
    wanted: &[usize],
    work: impl Fn(usize) -> Result<T, ImageError> + Sync,
) -> Result<Vec<(usize, T)>, ImageError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(&index) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((index, work(index)?));
        }
        Ok::<_, ImageError>(done)
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (1..threads.min(wanted.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let mut all = work()?;
        for worker in workers {
            match worker.join() {
                Ok(done) => all.extend(done?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(all)
    })
}

fn read_one(path: &Path) -> Result<Digest, ImageError> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs_err::File::open(path)?)?;
    Ok(*hasher.finalize().as_bytes())
}
