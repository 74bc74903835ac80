//! Operators of scripts, and how to find one in a text.

/// Operators in the order of the search: the first one found binds weakest.
pub(super) const OPERATORS: &[&str] = &[
    "||", "&&", "==", "!=", "<=", ">=", "<", ">", "=~", "!", "+", "-", "**", "*", "/", "%",
    "not in", "in", "@", "$",
];
/// Operators for the text inside of parentheses. The library's bug: it restarts with the empty operator.
pub(super) const OPERATORS_IN_PARENTHESES: &[&str] = &[
    "", "||", "&&", "==", "!=", "<=", ">=", "<", ">", "=~", "!", "+", "-", "**", "*", "/", "%",
    "not in", "in", "@", "$",
];

/// Byte of an operator outside of quotes and brackets.
pub(super) fn place_of(text: &str, operator: &str) -> Option<usize> {
    let (mut single, mut double) = (false, false);
    let (mut square, mut round) = (0_i64, 0_i64);
    for (index, character) in text.char_indices() {
        let is_quoted = single || double;
        let is_inside = match character {
            '(' | ')' => is_quoted || square > 0,
            '[' | ']' => is_quoted || round > 0,
            '\'' => double || square > 0 || round > 0,
            '"' => single || square > 0 || round > 0,
            _ => false,
        };
        if is_inside {
            continue;
        }
        match character {
            '(' => round += 1,
            ')' => round -= 1,
            '[' => square += 1,
            ']' => square -= 1,
            '\'' => single = !single,
            '"' => double = !double,
            _ => {}
        }
        if single || double || square > 0 || round > 0 {
            continue;
        }
        // The library checks only the first byte of a letter.
        let end = index + 1;
        if let Some(start) = end.checked_sub(operator.len())
            && text.as_bytes().get(start..end) == Some(operator.as_bytes())
        {
            return Some(start);
        }
    }
    None
}
