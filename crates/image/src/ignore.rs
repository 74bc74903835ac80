//! A whole `.dockerignore`: its lines, and their verdict on a path.

use std::path::{Path, PathBuf};

use crate::ImageError;
use crate::pattern::{Pattern, clean};

const ALONE: &str = "`!` has no pattern after it";
const INCOMPLETE: &str = "a character class, an escape or a range is not valid";

/// The patterns of a `.dockerignore`.
#[derive(Debug, Default)]
pub struct IgnoreFile {
    file: Option<PathBuf>,
    /// Text of the file.
    bytes: Vec<u8>,
    patterns: Vec<Pattern>,
    /// Further lines, after those of the file.
    added: Vec<String>,
}

/// Verdict on a path.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Says whether the path is excluded.
    pub(crate) ignored: bool,
    /// Line of the pattern that excludes the path.
    pub(crate) ignored_by: Option<usize>,
    /// Line of the `!` pattern that includes the path again.
    pub(crate) readmitted_by: Option<usize>,
    /// Says whether an added line excludes the path; nothing below is included again.
    pub(crate) by_added: bool,
}

/// Reason why a path is not in a build context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptOutBy {
    /// A line of the ignore file.
    Line(usize),
    /// A pattern of argo-kedro: for files that are never part of an image, unless a `!` in the ignore file includes
    /// them.
    Own,
}

/// Whether each pattern matches a folder; files in the folder inherit the answers.
pub(crate) type Matched = Vec<bool>;

impl IgnoreFile {
    /// Reads the ignore file in use: `DOCKERFILE.dockerignore` beside the Dockerfile, else `.dockerignore` in the
    /// context. Without one, nothing is ignored.
    ///
    /// # Errors
    ///
    /// A file that exists but cannot be read, and a pattern that Docker refuses.
    pub fn read(context: &Path, dockerfile: &Path) -> Result<Self, ImageError> {
        let mut own = dockerfile.as_os_str().to_owned();
        own.push(".dockerignore");
        for file in [PathBuf::from(own), context.join(".dockerignore")] {
            match fs_err::read(&file) {
                Ok(bytes) => {
                    let parsed = Self::parse(&file, &String::from_utf8_lossy(&bytes))?;
                    return Ok(Self { bytes, ..parsed });
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Self::default())
    }

    /// Parses the text of a file; `file` is its path for errors.
    pub fn parse(file: &Path, text: &str) -> Result<Self, ImageError> {
        let mut patterns = Vec::new();
        let bytes = text.as_bytes().to_vec();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let bad = |reason| ImageError::IgnorePattern {
                file: file.to_owned(),
                line: index + 1,
                reason,
            };
            // Only a `#` in the first column begins a comment.
            let pattern = line.trim();
            if line.starts_with('#') || pattern.is_empty() {
                continue;
            }
            let relative = match pattern.strip_prefix('!').map(str::trim) {
                Some(pattern) => format!("!{}", relative(pattern)),
                None => relative(pattern),
            };
            // Docker cleans the result once more, including the `!`.
            let pattern = relative.trim();
            if pattern.is_empty() {
                continue;
            }
            let pattern = clean(pattern);
            let readmitted = pattern.strip_prefix('!');
            if readmitted == Some("") {
                return Err(bad(ALONE));
            }
            let text = readmitted.unwrap_or(&pattern);
            let pattern =
                Pattern::new(text, readmitted.is_some(), index + 1).map_err(|_| bad(INCOMPLETE))?;
            patterns.push(pattern);
        }
        Ok(Self {
            file: Some(file.to_owned()),
            bytes,
            patterns,
            added: Vec::new(),
        })
    }

    /// Adds a line after all others. The line must not start with `!`.
    ///
    /// # Errors
    ///
    /// The line is not a pattern, so the image would contain the files that it should exclude.
    pub(crate) fn add(&mut self, line: String) -> Result<(), ImageError> {
        let pattern = Pattern::new(&clean(&line), false, 0).map_err(|_| {
            let reason = format!("cannot keep `{line}` out of the image: it is no pattern");
            std::io::Error::other(reason)
        })?;
        self.patterns.push(pattern);
        self.added.push(line);
        Ok(())
    }

    /// The added lines.
    pub fn added(&self) -> &[String] {
        &self.added
    }

    /// The patterns that include files again.
    pub(crate) fn readmitted(&self) -> Vec<&str> {
        let readmitting = self.patterns.iter().filter(|pattern| pattern.readmits);
        readmitting.map(Pattern::text).collect()
    }

    /// The text of an ignore file with all lines, added ones too.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        for line in &self.added {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }

    /// Path of the file, if there is one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Says whether a path is ignored. `parent` holds the patterns that match its folder; gives those that match the
    /// path.
    ///
    /// Tests patterns in the order of `MatchesUsingParentResults` of moby/patternmatcher: skips a pattern that cannot
    /// change the verdict, and counts it as not matched for everything below.
    ///
    /// # Errors
    ///
    /// A pattern that Docker cannot use either.
    pub(crate) fn judge(
        &self,
        path: &str,
        parent: &Matched,
    ) -> Result<(Verdict, Matched), ImageError> {
        let mut verdict = Verdict::default();
        let mut matched = vec![false; self.patterns.len()];
        for (index, pattern) in self.patterns.iter().enumerate() {
            let inherited = parent.get(index).copied().unwrap_or(false);
            let counts = inherited
                || pattern.readmits == verdict.ignored
                    && pattern.matches(path).map_err(|_| self.broken(pattern))?;
            matched[index] = counts;
            if counts {
                verdict.ignored = !pattern.readmits;
                verdict.ignored_by = verdict.ignored.then_some(pattern.line);
                verdict.readmitted_by = pattern.readmits.then_some(pattern.line);
                verdict.by_added = index >= self.patterns.len() - self.added.len();
            }
        }
        Ok((verdict, matched))
    }

    /// Finds the reason why the context excludes a path: a pattern for the path, or for a folder around it.
    ///
    /// # Errors
    ///
    /// A pattern that Docker cannot use either.
    pub fn kept_out_by(&self, path: &Path) -> Result<Option<KeptOutBy>, ImageError> {
        let mut matched = Matched::new();
        let mut by = None;
        let mut folders: Vec<&Path> = path.ancestors().collect();
        folders.reverse();
        for folder in folders
            .iter()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            let (verdict, below) = self.judge(&folder.to_string_lossy(), &matched)?;
            by = if verdict.by_added {
                verdict.ignored.then_some(KeptOutBy::Own)
            } else {
                verdict.ignored_by.map(KeptOutBy::Line)
            };
            matched = below;
        }
        Ok(by)
    }

    fn broken(&self, pattern: &Pattern) -> ImageError {
        ImageError::IgnorePattern {
            file: self.file.clone().unwrap_or_default(),
            line: pattern.line,
            reason: INCOMPLETE,
        }
    }

    /// Says whether a `!` pattern may include something below an ignored folder.
    pub(crate) fn may_readmit_below(&self, folder: &str) -> bool {
        let below = format!("{folder}/");
        self.patterns
            .iter()
            .filter(|pattern| pattern.readmits)
            .any(|pattern| {
                pattern
                    .literal()
                    .is_none_or(|literal| format!("{literal}/").starts_with(&below))
            })
    }
}
/// Makes a pattern relative to the context.
fn relative(pattern: &str) -> String {
    if pattern.is_empty() {
        return String::new();
    }
    let cleaned = clean(pattern);
    match cleaned.strip_prefix('/') {
        Some(relative) if !relative.is_empty() => relative.to_owned(),
        _ => cleaned,
    }
}
