//! `{{ name }}` in text, as Argo replaces it: unknown tags stay as they are
//! (`workflow/common/util.go:272`).

/// Replaces every tag that `lookup` knows.
pub(crate) fn substitute(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        result.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let Some(end) = after.find("}}") else {
            rest = &rest[start..];
            break;
        };
        match lookup(after[..end].trim()) {
            Some(value) => result.push_str(&value),
            None => result.push_str(&rest[start..start + 2 + end + 2]),
        }
        rest = &after[end + 2..];
    }
    result.push_str(rest);
    result
}

/// Finds every tag in a text.
pub(crate) fn tags(text: &str) -> Vec<String> {
    let found = std::cell::RefCell::new(Vec::new());
    substitute(text, |name| {
        found.borrow_mut().push(name.to_owned());
        None
    });
    found.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_tags_are_replaced_and_others_stay() {
        let lookup = |name: &str| (name == "workflow.uid").then(|| "u1".to_owned());
        for (given, expected) in [
            ("{{workflow.uid}}", "u1"),
            ("s3://b/{{ workflow.uid }}/x", "s3://b/u1/x"),
            ("{{foo}} {{workflow.uid}}", "{{foo}} u1"),
            ("{{workflow.uid", "{{workflow.uid"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(substitute(given, lookup), expected);
        }
        assert_eq!(tags("{{a}} b {{ c }}"), ["a", "c"]);
    }
}
