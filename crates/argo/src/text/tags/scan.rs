//! Finds the tags of a text.

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Text outside of tags.
    Text(&'t str),
    /// A tag.
    Tag {
        /// The byte at which its `{{` begins.
        start: usize,
        /// Text between `{{` and `}}`: that of an expression begins with `=`.
        inside: &'t str,
    },
}

/// A `{{` that nothing closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unclosed {
    /// The byte at which it begins.
    pub start: usize,
}

/// Says whether a tag begins in a text.
pub fn has_tag(text: &str) -> bool {
    // Most texts are short and hold none, and a single byte is quickly searched for.
    text.bytes().any(|byte| byte == b'{') && text.contains("{{")
}

/// The pieces of a text, in order. A tag that nothing closes is the last.
pub fn pieces(text: &str) -> Pieces<'_> {
    Pieces { text, position: 0 }
}

/// Goes through the pieces of a text.
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
