//! `$(NAME)` and `$$` in a container's command, arguments and variables, replaced as in Kubernetes
//! (`third_party/forked/golang/expansion/expand.go` of Kubernetes).

/// Replaces `$(NAME)` for names that `lookup` knows, and `$$` by `$`.
pub(crate) fn expand(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        result.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        if let Some(next) = after.strip_prefix('$') {
            result.push('$');
            rest = next;
        } else if let Some((name, next)) = after
            .strip_prefix('(')
            .and_then(|inside| inside.split_once(')'))
        {
            match lookup(name) {
                Some(value) => result.push_str(&value),
                None => result.push_str(&format!("$({name})")),
            }
            rest = next;
        } else {
            result.push('$');
            rest = after;
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_as_kubernetes_does() {
        let lookup = |name: &str| (name == "FOO").then(|| "bar".to_owned());
        for (given, expected) in [
            ("$(FOO)", "bar"),
            ("$$(FOO)", "$(FOO)"),
            ("$$", "$"),
            ("$HOME $(NOPE) $(FOO", "$HOME $(NOPE) $(FOO"),
            ("a$", "a$"),
            (
                "echo $$ $(FOO) $$(FOO) $HOME x",
                "echo $ bar $(FOO) $HOME x",
            ),
        ] {
            assert_eq!(expand(given, lookup), expected, "{given}");
        }
    }
}
