//! State of the reader of a pattern.

/// Most repetitions that Go takes, also of parts in parts.
pub(super) const MOST_REPETITIONS: u32 = 1000;
/// Most parentheses in each other: the library at hand has such a bound as well.
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

/// Parentheses that are open.
pub(super) struct Group {
    /// Byte at which the text of the group starts.
    pub(super) start: usize,
    /// Flags that hold after the group.
    pub(super) flags: Flags,
    /// Most repetitions of a part before the group.
    pub(super) repetitions: u32,
}

/// Reader of a pattern.
pub(super) struct Reader<'p> {
    /// Pattern that is still to be read.
    pub(super) left: &'p str,
    /// Pattern for the library, as far as it is written.
    pub(super) written: String,
    pub(super) names: Vec<Option<String>>,
    pub(super) flags: Flags,
    pub(super) groups: Vec<Group>,
    /// Byte at which the last thing that can be repeated starts, and the repetitions in it.
    pub(super) last: Option<(usize, u32)>,
    /// Most repetitions of a part of the open group.
    pub(super) repetitions: u32,
}

impl Reader<'_> {
    pub(super) fn skip(&mut self, size: usize) {
        self.left = self.left.get(size..).unwrap_or_default();
    }

    /// Writes something that can be repeated.
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
