//! `{{tags}}` in a text.

/// A tag, or what looks like the start of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tag<'a> {
    /// `{{name}}`, without spaces around the name.
    Name(&'a str),
    /// `{{=expression}}`.
    Expression(&'a str),
    /// `{{` that nothing closes, and what follows it.
    Open(&'a str),
}

/// Whether a text holds a tag.
pub(super) fn has(text: &str) -> bool {
    // Most texts are short and hold none, and a single byte is quickly searched for.
    text.bytes().any(|byte| byte == b'{') && text.contains("{{")
}

/// The tags of a text, as Argo finds them: from `{{` to the next `}}`.
pub(super) fn tags(text: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once("{{")?;
        let Some((inside, left)) = after.split_once("}}") else {
            rest = "";
            return Some(Tag::Open(after.trim_start()));
        };
        // An expression may end with the bracket of a mapping: `{{={'a': {}}}}`.
        let (inside, left) = if inside.trim_start().starts_with('=') {
            expression_end(after).unwrap_or((inside, left))
        } else {
            (inside, left)
        };
        rest = left;
        let trimmed = inside.trim();
        Some(match trimmed.strip_prefix('=') {
            Some(expression) => Tag::Expression(expression.trim()),
            None => Tag::Name(trimmed),
        })
    })
}

fn expression_end(after: &str) -> Option<(&str, &str)> {
    let (inside, left) = after.split_once("}}")?;
    let extra = left.len() - left.trim_start_matches('}').len();
    let open = inside
        .matches('{')
        .count()
        .saturating_sub(inside.matches('}').count());
    let more = extra.min(open);
    Some((after.get(..inside.len() + more)?, left.get(more..)?))
}

/// The text with `1` for every tag.
pub(super) fn filled(text: &str) -> String {
    let mut rest = text;
    let mut filled = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        filled.push('1');
        rest = after.split_once("}}").map_or("", |(_, left)| left);
    }
    filled.push_str(rest);
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
        assert_eq!(
            tags("{{={'a': 1}}}").collect::<Vec<_>>(),
            [Tag::Expression("{'a': 1}")]
        );
        assert_eq!(filled("a{{b}}c{{=d}}"), "a1c1");
    }
}
