//! Repetitions: `*`, `+?`, `{2,3}`.

use super::reader::{MOST_REPETITIONS, Reader};

impl Reader<'_> {
    /// Repeats the last element.
    pub(super) fn repeat(&mut self, operator: &str, most: u32, was_repeated: bool) -> Option<()> {
        let mut is_lazy = self.flags.lazy;
        if self.left.starts_with('?') {
            self.skip(1);
            is_lazy = !is_lazy;
        }
        let (start, inside) = self.last?;
        let repetitions = inside.saturating_mul(most.max(1));
        if was_repeated || most >= 2 && repetitions > MOST_REPETITIONS {
            return None;
        }
        let repeated = self.written.split_off(start);
        self.written.push_str("(?:");
        self.written.push_str(&repeated);
        self.written.push_str(operator);
        if is_lazy {
            self.written.push('?');
        }
        self.written.push(')');
        self.last = Some((start, repetitions));
        self.repetitions = self.repetitions.max(repetitions);
        Some(())
    }
}

/// A number of repetitions; none if it is too large.
type Bound = Option<u32>;

/// `{2}`, `{2,}` or `{2,3}`: its length, the least and the greatest number; `None` if the brace is a plain letter.
pub(super) fn bounds(text: &str) -> Option<(usize, Bound, Option<Bound>)> {
    // Read only letters that a repetition may contain: a text may have many braces.
    let after = text.strip_prefix('{')?;
    let end = after.find(|letter: char| letter != ',' && !letter.is_ascii_digit())?;
    let (inside, rest) = after.split_at_checked(end)?;
    if !rest.starts_with('}') {
        return None;
    }
    let size = inside.len() + 2;
    match inside.split_once(',') {
        None => {
            let least = bound(inside)?;
            Some((size, least, Some(least)))
        }
        Some((least, "")) => Some((size, bound(least)?, None)),
        Some((least, most)) => Some((size, bound(least)?, Some(bound(most)?))),
    }
}

fn bound(text: &str) -> Option<Bound> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || text.len() > 1 && text.starts_with('0') {
        return None;
    }
    Some(
        text.parse()
            .ok()
            .filter(|number| *number <= MOST_REPETITIONS),
    )
}
