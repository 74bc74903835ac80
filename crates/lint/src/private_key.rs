//! Private keys in texts.

/// Says whether there is a private key in a text: in the armour of PEM, OpenSSH or PGP, of `PuTTY`, or as kubectl has it. A text
/// that tells how one begins has none.
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

/// Says whether the text after the mark is base64, or a header of the armour. Between them may be what a comment, or the text of a
/// program, has at the beginning of its lines.
fn begins_with_key(rest: &str) -> bool {
    // `\n` as JSON and shells have it.
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
    // A word of a sentence is shorter.
    headers.iter().any(|header| rest.starts_with(header)) || end >= LEAST && ends_line
}

/// Letters of the shortest line of a key.
const LEAST: usize = 16;
