//! Kinds of tokens, and which may follow which (`lexerState.go` of govaluate).

/// Kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// `-`, `!` or `~` before a value.
    Prefix,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A text in quotes.
    Text,
    /// A regular expression.
    Pattern,
    /// A time in quotes.
    Time,
    /// A word.
    Word,
    /// A field of a parameter.
    Field,
    /// `,`.
    Comma,
    /// `==`, `in` and the other comparisons.
    Comparator,
    /// `&&` and `||`.
    Logical,
    /// `+` and the other operators of arithmetic.
    Modifier,
    /// `?`, `:` and `??`.
    Ternary,
    /// `(`.
    Open,
    /// `)`.
    Close,
}

/// Says whether a token may follow another one; `None` is the start.
pub(super) fn may_follow(before: Option<TokenKind>, kind: TokenKind) -> bool {
    use TokenKind as K;

    let is_operator = matches!(
        kind,
        K::Modifier | K::Comparator | K::Logical | K::Ternary | K::Comma
    );
    let is_value = matches!(
        kind,
        K::Number | K::Boolean | K::Word | K::Pattern | K::Field | K::Text | K::Time | K::Open
    );
    match before {
        None => is_value || kind == K::Prefix,
        Some(K::Open) => is_value || matches!(kind, K::Prefix | K::Close),
        Some(K::Close) => is_operator || kind == K::Close || is_value && kind != K::Field,
        Some(K::Number | K::Boolean | K::Text | K::Word) => is_operator || kind == K::Close,
        Some(K::Time | K::Pattern) => (is_operator && kind != K::Ternary) || kind == K::Close,
        Some(K::Field) => is_operator || matches!(kind, K::Close | K::Open),
        Some(K::Modifier) => {
            is_value && !matches!(kind, K::Pattern | K::Time)
                || matches!(kind, K::Prefix | K::Close)
        }
        Some(K::Comparator) => is_value || matches!(kind, K::Prefix | K::Close),
        Some(K::Logical) => is_value && kind != K::Pattern || matches!(kind, K::Prefix | K::Close),
        Some(K::Prefix) => {
            is_value && !matches!(kind, K::Pattern | K::Text | K::Time) || kind == K::Close
        }
        Some(K::Ternary) => is_value && kind != K::Pattern || matches!(kind, K::Prefix | K::Comma),
        Some(K::Comma) => is_value && kind != K::Pattern || kind == K::Prefix,
    }
}
