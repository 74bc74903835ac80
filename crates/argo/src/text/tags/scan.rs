//! Finds the tags of a text.

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Text outside of tags.
    Text(&'t str),
    /// A tag.
    Tag {
        /// The byte of its `{{`.
        start: usize,
        /// Text between `{{` and `}}`; it begins with `=` for an expression.
        inside: &'t str,
    },
}

/// A `{{` without a `}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unclosed {
    /// The byte of the `{{`.
    pub start: usize,
}

/// Says whether a text contains the start of a tag.
pub fn has_tag(text: &str) -> bool {
    // Most texts are short and have no tag, and the search for a single byte is fast.
    text.bytes().any(|byte| byte == b'{') && text.contains("{{")
}

/// The pieces of a text, in order. An unclosed tag is the last one.
pub fn pieces(text: &str) -> Pieces<'_> {
    Pieces { text, position: 0 }
}

/// Iterator over the pieces of a text.
#[derive(Clone, Debug)]
pub struct Pieces<'t> {
    text: &'t str,
    position: usize,
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Result<Piece<'t>, Unclosed>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self
            .text
            .get(self.position..)
            .filter(|rest| !rest.is_empty())?;
        let Some(before) = rest.find("{{") else {
            self.position = self.text.len();
            return Some(Ok(Piece::Text(rest)));
        };
        if before > 0 {
            self.position += before;
            return rest.get(..before).map(|text| Ok(Piece::Text(text)));
        }
        let start = self.position;
        let inside = rest.get(2..)?;
        let Some(length) = inside.find("}}") else {
            self.position = self.text.len();
            return Some(Err(Unclosed { start }));
        };
        self.position += length + 4;
        inside
            .get(..length)
            .map(|inside| Ok(Piece::Tag { start, inside }))
    }
}
