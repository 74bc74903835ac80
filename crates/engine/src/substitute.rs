//! Tags in a task's texts, as Argo fills them in: what has no value stays as it is (`workflow/common/util.go:272`).

use argo::text::expression::Value;
use argo::text::tags::{Piece, Strict, has_tag, pieces};

pub(crate) use argo::text::tags::{Failure, Values};

/// Puts values in the place of tags.
///
/// # Errors
///
/// Returns why Argo would not start the task: a tag is not closed, an expression is not valid, or a value has letters
/// that cannot stand in JSON.
pub(crate) fn substitute(text: &str, values: &Values) -> Result<String, Failure> {
    if !has_tag(text) {
        return Ok(text.to_owned());
    }
    argo::text::tags::substitute(text, values, Strict::No)
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
            ("{{=replace(tasks.name, '-', '_')}}", "fit_the_model"),
            ("{{= 1 + 1 }}", "2"),
            ("{{=nothing.like.this}}", "{{=nothing.like.this}}"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(substitute(given, &values).as_deref(), Ok(expected));
        }
        extend(&mut values, [("bell".to_owned(), "\u{7}".to_owned())]);
        for given in ["{{workflow.uid", "{{=(}}", "{{bell}}"] {
            assert!(substitute(given, &values).is_err(), "{given}");
        }
        assert_eq!(tags("{{a}} b {{ c }}").collect::<Vec<_>>(), ["a", "c"]);
    }
}
