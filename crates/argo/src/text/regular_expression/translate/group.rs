//! Groups and flags: `(a)`, `(?:a)`, `(?P<name>a)`, `(?i)`.

use super::reader::{Group, MOST_DEPTH, Reader};

impl Reader<'_> {
    /// Opens a group, or sets flags.
    pub(super) fn open(&mut self) -> Option<()> {
        if self.groups.len() >= MOST_DEPTH {
            return None;
        }
        let after = self.flags;
        let name_start = if self.left.starts_with("(?P<") {
            Some(4)
        } else if self.left.starts_with("(?<") {
            Some(3)
        } else {
            None
        };
        let opening = if let Some(start) = name_start {
            let (name, _) = self.left.get(start..)?.split_once('>')?;
            let is_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !is_name || self.names.iter().flatten().any(|known| known == name) {
                return None;
            }
            self.names.push(Some(name.to_owned()));
            self.skip(start + name.len() + 1);
            "("
        } else if self.left.starts_with("(?") {
            if !self.read_flags()? {
                return Some(());
            }
            "(?:"
        } else {
            self.names.push(None);
            self.skip(1);
            "("
        };
        self.groups.push(Group {
            start: self.written.len(),
            flags: after,
            repetitions: self.repetitions,
        });
        self.written.push_str(opening);
        self.last = None;
        self.repetitions = 1;
        Some(())
    }

    /// Reads `(?i)` or `(?i:`; says whether a group opens.
    fn read_flags(&mut self) -> Option<bool> {
        self.skip(2);
        let mut flags = self.flags;
        let mut sets = true;
        let mut saw_flag = false;
        loop {
            let character = self.left.chars().next()?;
            self.skip(character.len_utf8());
            match character {
                'i' => flags.ignores_case = sets,
                'm' => flags.lines = sets,
                's' => flags.dot_is_all = sets,
                'U' => flags.lazy = sets,
                '-' if sets => {
                    sets = false;
                    saw_flag = false;
                    continue;
                }
                ':' | ')' if sets || saw_flag => {
                    self.flags = flags;
                    return Some(character == ':');
                }
                _ => return None,
            }
            saw_flag = true;
        }
    }
}
