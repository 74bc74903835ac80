//! Replacement of declared paths in commands, variables and scripts.

/// Replaces declared paths in a text. With `/tmp/token` declared, `/tmp/token/a` and `/tmp/token.part` are replaced
/// too; `/tmp/tokens` and `/srv/tmp/token` are other files.
///
/// # Arguments
///
/// * `paths`: Declared paths, and their replacements.
pub(super) fn renamed(text: &str, paths: &[(&str, &str)]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('/') {
        let (before, found) = rest.split_at(start);
        let preceding = result.chars().chain(before.chars()).next_back();
        let begins_before =
            preceding.is_some_and(|letter| is_in_name(letter) || "./".contains(letter));
        result.push_str(before);
        // Take the longest declared path at this position.
        let stands = paths.iter().filter(|(declared, _)| {
            found
                .strip_prefix(declared)
                .is_some_and(|after| !after.starts_with(is_in_name))
        });
        let longest = stands.max_by_key(|(declared, _)| declared.len());
        if let Some((declared, own)) = longest.filter(|_| !begins_before) {
            result.push_str(own);
            rest = &found[declared.len()..];
        } else {
            result.push('/');
            rest = &found[1..];
        }
    }
    result.push_str(rest);
    result
}

fn is_in_name(letter: char) -> bool {
    letter.is_alphanumeric() || "_-".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn the_declared_path_is_another_one_wherever_it_stands() {
        for (text, expected) in [
            ("echo 1 > /tmp/token", "echo 1 > /run/token"),
            ("/tmp/token", "/run/token"),
            (
                "--file=/tmp/token;cat '/tmp/token'",
                "--file=/run/token;cat '/run/token'",
            ),
            (
                "mv /tmp/token.part /tmp/token",
                "mv /run/token.part /run/token",
            ),
            (
                "/tmp/tokens /tmp/token-2 /tmp/token/a",
                "/tmp/tokens /tmp/token-2 /run/token/a",
            ),
            (
                "/srv/tmp/token ./tmp/token //tmp/token",
                "/srv/tmp/token ./tmp/token //tmp/token",
            ),
            ("file:///tmp/token", "file:///tmp/token"),
            ("/tmp/token/tmp/token", "/run/token/tmp/token"),
            (
                "/tmp/dir /tmp/dir/in /tmp/dir/in/x /tmp/dir/x",
                "/run/dir /run/in /run/in/x /run/dir/x",
            ),
            ("ä/tmp/token é /tmp/token", "ä/tmp/token é /run/token"),
            ("/", "/"),
            ("", ""),
        ] {
            let paths = [
                ("/tmp/token", "/run/token"),
                ("/tmp/dir", "/run/dir"),
                ("/tmp/dir/in", "/run/in"),
            ];
            assert_eq!(renamed(text, &paths), expected);
        }
    }
}
