//! Line wrapping (`Wrap` and `WrapCustom` of goutils).

use super::super::bytes::of_bytes;
use super::super::failure::Failure;
use super::bounds::check_bytes;

/// Inserts `line_end` where a line is full. Words longer than a line stay whole, unless the caller wants them cut.
pub(super) fn wrap(
    text: &str,
    width: i64,
    line_end: &str,
    cuts_words: bool,
) -> Result<String, Failure> {
    let line_end = if line_end.is_empty() { "\n" } else { line_end }.as_bytes();
    let width = usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    let mut left = text.as_bytes();
    let mut wrapped = Vec::new();
    while left.len() > width {
        if let Some(after) = left.strip_prefix(b" ") {
            left = after;
            continue;
        }
        let is_space = |byte: &u8| *byte == b' ';
        let (line, _) = left.split_at_checked(width + 1).unwrap_or((left, b""));
        let (end, skipped) = match line.iter().rposition(is_space) {
            Some(space) => (space, 1),
            None if cuts_words => (width, 0),
            None => {
                let rest = left.get(width..).unwrap_or_default();
                match rest.iter().position(is_space) {
                    Some(space) => (width + space, 1),
                    None => break,
                }
            }
        };
        wrapped.extend_from_slice(left.get(..end).unwrap_or_default());
        wrapped.extend_from_slice(line_end);
        check_bytes(wrapped.len())?;
        left = left.get(end + skipped..).unwrap_or_default();
    }
    wrapped.extend_from_slice(left);
    check_bytes(wrapped.len())?;
    Ok(of_bytes(&wrapped))
}
