//! Names of files and folders from the names that users give.

/// Turns a name into that of a folder whose path is safe in a script without quotes.
pub(crate) fn folder_name(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if name.chars().all(is_plain) {
        return file_name(name);
    }
    let plain: String = name.chars().filter(|letter| is_plain(*letter)).collect();
    file_name(&format!("{plain}-{:08x}", digest(name)))
}

/// Turns a name into that of a file: replaces letters that are not allowed by `_`, and cuts a long name.
pub fn file_name(name: &str) -> String {
    const LONGEST: usize = 180;
    let safe: String = name
        .chars()
        .map(|letter| {
            if letter == '/' || letter.is_control() {
                '_'
            } else {
                letter
            }
        })
        .collect();
    let plain = !safe.starts_with('.') && safe == name && safe.len() <= LONGEST;
    if plain {
        return safe;
    }
    // The digest keeps names different whose cut or replaced parts differ.
    let digest = digest(name);
    let start: String = safe.trim_start_matches('.').chars().take(40).collect();
    format!("{start}-{digest:016x}")
}

/// A digest of a name (FNV-1a).
fn digest(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
