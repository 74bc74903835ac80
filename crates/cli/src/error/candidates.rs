//! Names that the user may have meant.

/// Most names that a hint lists.
const SHOWN: usize = 10;

/// Lists the names that exist.
pub(super) fn existing(candidates: &[String]) -> String {
    match candidates.len() {
        0 => "there are none".to_owned(),
        count if count > SHOWN => format!("there are {count}: {}", listed(candidates)),
        _ => format!("there are: {}", listed(candidates)),
    }
}

/// Lists the first names.
pub(crate) fn listed(candidates: &[String]) -> String {
    let shown: Vec<&str> = candidates.iter().take(SHOWN).map(String::as_str).collect();
    match candidates.len() {
        0 => "none".to_owned(),
        count if count > SHOWN => format!("{}, …", shown.join(", ")),
        _ => shown.join(", "),
    }
}
