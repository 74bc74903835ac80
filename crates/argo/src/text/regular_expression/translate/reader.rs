//! State of the reader of a pattern.

/// Greatest number of repetitions that Go accepts, nested ones multiplied.
pub(super) const MOST_REPETITIONS: u32 = 1000;
/// Deepest nesting of parentheses; the Rust library has such a limit as well.
pub(super) const MOST_DEPTH: usize = 200;

/// Flags that `(?ims-U)` sets.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags")]
pub(super) struct Flags {
    pub(super) ignores_case: bool,
    pub(super) lines: bool,
    pub(super) dot_is_all: bool,
    pub(super) lazy: bool,
}

/// An open group.
pub(super) struct Group {
    /// Byte at which the text of the group starts.
    pub(super) start: usize,
    /// Flags after the group.
    pub(super) flags: Flags,
    /// Greatest number of repetitions of a part before the group.
    pub(super) repetitions: u32,
}

/// Reader of a pattern.
pub(super) struct Reader<'p> {
    /// Unread rest of the pattern.
    pub(super) left: &'p str,
    /// The library's pattern, as far as it is written.
    pub(super) written: String,
    pub(super) names: Vec<Option<String>>,
    pub(super) flags: Flags,
    pub(super) groups: Vec<Group>,
    /// Byte where the last repeatable element starts, and its number of repetitions.
    pub(super) last: Option<(usize, u32)>,
    /// Greatest number of repetitions of a part in the open group.
    pub(super) repetitions: u32,
}

impl Reader<'_> {
    pub(super) fn skip(&mut self, size: usize) {
        self.left = self.left.get(size..).unwrap_or_default();
    }

    /// Writes an element that a repetition can follow.
    pub(super) fn atom(&mut self, text: &str) {
        self.last = Some((self.written.len(), 1));
        self.written.push_str(text);
    }

    pub(super) fn literal(&mut self, character: char) {
        let mut encoded = [0; 4];
        let escaped = regex::escape(character.encode_utf8(&mut encoded));
        if self.flags.ignores_case {
            self.atom(&format!("(?i:{escaped})"));
        } else {
            self.atom(&escaped);
        }
    }
}
