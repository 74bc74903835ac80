//! `{{ name }}` and `{{=expression}}` in text, as Argo replaces them: what cannot be
//! replaced stays as it is (`workflow/common/util.go:272`).

use std::collections::HashMap;

use crate::expression::evaluate;

/// Values of tags, by name.
pub(crate) type Values = HashMap<String, String>;

/// Replaces every tag that has a value.
pub(crate) fn substitute(text: &str, values: &Values) -> String {
    replace(text, |tag| match tag.strip_prefix('=') {
        Some(expression) => evaluate(expression, values),
        None => values.get(tag).cloned(),
    })
}

fn replace(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
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
    replace(text, |name| {
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
        let values = Values::from([
            ("workflow.uid".to_owned(), "u1".to_owned()),
            ("tasks.name".to_owned(), "fit-the-model".to_owned()),
        ]);
        for (given, expected) in [
            ("{{workflow.uid}}", "u1"),
            ("s3://b/{{ workflow.uid }}/x", "s3://b/u1/x"),
            ("{{foo}} {{workflow.uid}}", "{{foo}} u1"),
            ("{{workflow.uid", "{{workflow.uid"),
            ("{{=replace(tasks.name, '-', '_')}}", "fit_the_model"),
            ("{{= 1 + 1 }}", "2"),
            ("{{=nothing.like.this}}", "{{=nothing.like.this}}"),
            ("{{=(}}", "{{=(}}"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(substitute(given, &values), expected);
        }
        assert_eq!(tags("{{a}} b {{ c }}"), ["a", "c"]);
    }
}
