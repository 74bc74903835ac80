//! Tags in a task's texts, as Argo fills them in: what has no value stays as it is (`workflow/common/util.go:272`).

use argo::text::expression::Value;
use argo::text::tags::{Piece, Strict, has_tag, pieces};

pub(crate) use argo::text::tags::Values;

/// Puts values in the place of tags. A text that Argo would refuse stays as it is: lint tells of it before a run.
pub(crate) fn substitute(text: &str, values: &Values) -> String {
    if !has_tag(text) {
        return text.to_owned();
    }
    argo::text::tags::substitute(text, values, Strict::No).unwrap_or_else(|_| text.to_owned())
}

/// Finds every tag in a text.
pub(crate) fn tags(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|piece| match piece {
        Ok(Piece::Tag { inside, .. }) => Some(inside.trim()),
        _ => None,
    })
}

/// Adds values that are texts.
pub(crate) fn extend(values: &mut Values, more: impl IntoIterator<Item = (String, String)>) {
    for (name, text) in more {
        values.set(name, Value::text(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_tags_are_replaced_and_others_stay() {
        let mut values = Values::default();
        extend(
            &mut values,
            [("workflow.uid", "u1"), ("tasks.name", "fit-the-model")]
                .map(|(name, text)| (name.to_owned(), text.to_owned())),
        );
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
        assert_eq!(tags("{{a}} b {{ c }}").collect::<Vec<_>>(), ["a", "c"]);
    }
}
