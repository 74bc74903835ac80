//! Private keys in texts.

/// Says whether a text contains a private key: armoured as in PEM, OpenSSH or PGP, in `PuTTY`'s format, or in a
/// kubeconfig. A text that only shows the first line of a key contains none.
pub(crate) fn holds_key(text: &str) -> bool {
    let after = |mark: &'static str| text.match_indices(mark).map(|(at, mark)| at + mark.len());
    let armoured = ["PRIVATE KEY-----", "PRIVATE KEY BLOCK-----"]
        .into_iter()
        .flat_map(after)
        .any(|end| begins_with_key(&text[end..]));
    let in_kubeconfig = after("client-key-data:").any(|end| begins_with_key(&text[end..]));
    let of_putty = text.contains("PuTTY-User-Key-File-") && text.contains("Private-Lines:");
    armoured || in_kubeconfig || of_putty
}

/// Says whether base64 or a header of the armour follows the mark. Ignores the start of lines in comments and program
/// texts between them.
fn begins_with_key(rest: &str) -> bool {
    // JSON and shells write line ends as `\n`.
    let rest = rest.replace("\\r", " ").replace("\\n", " ");
    let between = |letter: char| letter.is_whitespace() || "\"'#;*,|>".contains(letter);
    let rest = rest.trim_start_matches(between);
    let headers = ["Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:"];
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
    let end = rest.find(|letter| !is_letter(letter)).unwrap_or(rest.len());
    let ends_line = rest[end..]
        .chars()
        .next()
        .is_none_or(|letter| letter.is_whitespace() || "\"'-\\,}]".contains(letter));
    // A word of a sentence is shorter than a line of a key.
    headers.iter().any(|header| rest.starts_with(header)) || end >= LEAST && ends_line
}

/// Length of the shortest line of a key.
const LEAST: usize = 16;
