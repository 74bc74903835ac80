//! Users and passwords in URLs, which must not be shown: `https://bob:hunter2@example.com`.

/// A text with `***` in place of the users in its URLs. A name without a password stays, as in
/// `python/argo_kedro/passwords.py`: in `abfss://container@account`, it is part of the data's location. With HTTP it is
/// replaced, because it may be a token.
pub fn without_users(text: &str) -> String {
    replaced(text, |_| "***".to_owned())
}

/// Like [`without_users`], but keeps every letter in its column.
pub fn without_users_in_place(text: &str) -> String {
    replaced(text, |user| "*".repeat(user.chars().count()))
}

fn replaced(text: &str, by: impl Fn(&str) -> String) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + "://".len());
        let scheme = before.trim_end_matches("://");
        let starts = |letter: char| !letter.is_ascii_alphanumeric() && !"+.-".contains(letter);
        let scheme = scheme.rsplit(starts).next().unwrap_or(scheme);
        let scheme = scheme.rsplit('+').next().unwrap_or(scheme);
        let is_http = ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known));
        result.push_str(before);
        // RFC 3986, 3.2: the user ends with the last `@` before the path.
        let ends = |letter: char| letter.is_whitespace() || "/?#\"'`,".contains(letter);
        let end = after.find(ends).unwrap_or(after.len());
        let user = after[..end].rfind('@').unwrap_or(0);
        let name = &after[..user];
        if !name.is_empty() && (is_http || name.contains(':')) {
            result.push_str(&by(name));
        } else {
            result.push_str(name);
        }
        rest = &after[user..];
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_of_a_url_is_not_shown() {
        for (text, shown) in [
            (
                "https://bob:hunter2@example.com/a",
                "https://***@example.com/a",
            ),
            ("s3://b/a@b.csv", "s3://b/a@b.csv"),
            (
                "a: https://bob@x:1/y?z, ftp://a:b@c@d",
                "a: https://***@x:1/y?z, ftp://***@d",
            ),
            ("https://@x", "https://@x"),
            (
                "abfss://c@acme.dfs.core.windows.net/p",
                "abfss://c@acme.dfs.core.windows.net/p",
            ),
            ("git+https://token@x/y", "git+https://***@x/y"),
            ("bob@example.com", "bob@example.com"),
            ("zip://a::https://b:ü@c", "zip://a::https://***@c"),
            ("", ""),
        ] {
            assert_eq!(without_users(text), shown);
        }
        let text = "x: https://bob:hü@c/d # e";
        assert_eq!(without_users_in_place(text), "x: https://******@c/d # e");
    }
}
