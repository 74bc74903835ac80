//! `{{tags}}` in a text.

use argo::text::tags::{Piece, pieces};

/// A tag, or the start of an unclosed one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tag<'a> {
    /// `{{name}}`, without spaces around the name.
    Name(&'a str),
    /// `{{=expression}}`.
    Expression(&'a str),
    /// A `{{` without a `}}`, and the text after it.
    Open(&'a str),
}

pub(super) use argo::text::tags::has_tag as has;

/// The tags of a text, as Argo finds them.
pub(super) fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    pieces(text).filter_map(move |piece| match piece {
        Ok(Piece::Text(_)) => None,
        Ok(Piece::Tag { inside, .. }) => Some(match inside.strip_prefix('=') {
            Some(expression) => Tag::Expression(expression.trim()),
            None => Tag::Name(inside.trim()),
        }),
        Err(unclosed) => {
            let rest = text.get(unclosed.start + 2..).unwrap_or_default();
            Some(Tag::Open(rest.trim_start()))
        }
    })
}

/// The text with `1` in place of every tag.
pub(super) fn filled(text: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Ok(Piece::Text(text)) => filled.push_str(text),
            Ok(Piece::Tag { .. }) | Err(_) => filled.push('1'),
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_a_text() {
        let found: Vec<_> = tags("a {{ x.y }} {{=1 + 1}}{{").collect();
        assert_eq!(
            found,
            [Tag::Name("x.y"), Tag::Expression("1 + 1"), Tag::Open("")]
        );
        // The first `}}` ends a tag, whatever its purpose; an expression begins directly after the braces.
        assert_eq!(
            tags("{{={'a': 1}}}{{ =x }}").collect::<Vec<_>>(),
            [Tag::Expression("{'a': 1"), Tag::Name("=x")]
        );
        assert_eq!(filled("a{{b}}c{{=d}}"), "a1c1");
    }
}
