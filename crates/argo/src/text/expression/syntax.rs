//! The tree of an expression.

/// Place in the text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl ByteRange {
    /// Gives the place from the start of this one to the end of `other`.
    pub(super) fn to(self, other: Self) -> Self {
        Self {
            start: self.start,
            end: other.end.max(self.end),
        }
    }

    /// The text at this place.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Place of the part.
    pub place: ByteRange,
    /// Depth in nodes. The left operands of a chain do not count: the parser walks them in a loop.
    pub(super) height: u16,
    /// Number of operators in the chain to the left of this node.
    pub(super) length: u16,
    /// Kind of the part, with its children.
    pub syntax: Syntax,
}

impl Node {
    /// Calls `each` with this node and every node below it.
    pub fn walk<'a>(&'a self, each: &mut impl FnMut(&'a Self)) {
        let mut left = vec![self];
        while let Some(node) = left.pop() {
            each(node);
            left.extend(node.syntax.parts());
        }
    }
}

/// Kind of a part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Syntax {
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text, without its quotes and escapes.
    Text(String),
    /// `b"..."`.
    Bytes(Vec<u8>),
    /// A name.
    Name(String),
    /// An operator before a value.
    Unary(UnaryOperator, Box<Node>),
    /// An operator between two values.
    Binary(BinaryOperator, Box<Node>, Box<Node>),
    /// `first < second < third`: `first < second && second < third`.
    Comparisons(Box<Node>, Vec<(BinaryOperator, Node)>),
    /// A chain with `?.`: it is `nil` if a value before a `?.` is `nil`.
    Chain(Box<Node>),
    /// `of.property` or `of[property]`.
    Member {
        /// The value.
        of: Box<Node>,
        /// The key; a name becomes a text.
        property: Box<Node>,
        /// Says whether the text has `?.`.
        optional: bool,
    },
    /// `of[from:to]`.
    Slice {
        /// The value.
        of: Box<Node>,
        /// First index; none for the start.
        from: Option<Box<Node>>,
        /// Index after the last one; none for the end.
        to: Option<Box<Node>>,
    },
    /// A call of a value.
    Call(Box<Node>, Vec<Node>),
    /// A call of one of expr-lang's own functions.
    Builtin(String, Vec<Node>),
    /// A part that expr-lang evaluates for each element of a list.
    Predicate(Box<Node>),
    /// `#`, the element, or `#name`.
    Pointer(String),
    /// `let name = value; then`.
    Let {
        /// The name.
        name: String,
        /// The value.
        value: Box<Node>,
        /// The part that may use the name.
        then: Box<Node>,
    },
    /// `first; second`.
    Sequence(Vec<Node>),
    /// `condition ? yes : no`, or with `if` and `else`.
    Conditional {
        /// The condition.
        condition: Box<Node>,
        /// Value if the condition is true; none for the condition's own value, as in `condition ?: no`.
        yes: Option<Box<Node>>,
        /// Value if the condition is false.
        no: Box<Node>,
    },
    /// `[...]`.
    Array(Vec<Node>),
    /// `{key: value}`.
    Map(Vec<(Node, Node)>),
}

impl Syntax {
    /// The direct parts.
    pub(super) fn parts(&self) -> Vec<&Node> {
        match self {
            Self::Nil
            | Self::Boolean(_)
            | Self::Integer(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Bytes(_)
            | Self::Name(_)
            | Self::Pointer(_) => Vec::new(),
            Self::Unary(_, node) | Self::Chain(node) | Self::Predicate(node) => vec![node],
            Self::Binary(_, left, right) => vec![left, right],
            Self::Comparisons(first, others) => std::iter::once(first.as_ref())
                .chain(others.iter().map(|(_, node)| node))
                .collect(),
            Self::Member { of, property, .. } => vec![of, property],
            Self::Slice { of, from, to } => [Some(of), from.as_ref(), to.as_ref()]
                .into_iter()
                .flatten()
                .map(AsRef::as_ref)
                .collect(),
            Self::Call(callee, arguments) => {
                std::iter::once(callee.as_ref()).chain(arguments).collect()
            }
            Self::Builtin(_, nodes) | Self::Sequence(nodes) | Self::Array(nodes) => {
                nodes.iter().collect()
            }
            Self::Let { value, then, .. } => vec![value, then],
            Self::Conditional { condition, yes, no } => [Some(condition), yes.as_ref(), Some(no)]
                .into_iter()
                .flatten()
                .map(AsRef::as_ref)
                .collect(),
            Self::Map(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
        }
    }
}

macro_rules! operators {
    ($(#[$doc:meta])* $name:ident: $($(#[$variant_doc:meta])* $variant:ident $($text:literal)|+;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// The operator with this text.
            pub fn named(text: &str) -> Option<Self> {
                match text {
                    $($($text)|+ => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Text of the operator.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => [$($text),+][0],)*
                }
            }
        }
    };
}

operators! {
    /// An operator before a value.
    UnaryOperator:
    /// `not`.
    Not "not" | "!";
    /// `-`.
    Minus "-";
    /// `+`.
    Plus "+";
}

operators! {
    /// An operator between two values.
    BinaryOperator:
    /// `or`.
    Or "||" | "or";
    /// `and`.
    And "&&" | "and";
    /// `==`.
    Equal "==";
    /// `!=`.
    NotEqual "!=";
    /// `<`.
    Less "<";
    /// `>`.
    More ">";
    /// `<=`.
    LessOrEqual "<=";
    /// `>=`.
    MoreOrEqual ">=";
    /// `in`.
    In "in";
    /// `matches`: a regular expression.
    Matches "matches";
    /// `contains`.
    Contains "contains";
    /// `startsWith`.
    StartsWith "startsWith";
    /// `endsWith`.
    EndsWith "endsWith";
    /// `..`: the whole numbers from one to another.
    Range "..";
    /// `+`.
    Add "+";
    /// `-`.
    Subtract "-";
    /// `*`.
    Multiply "*";
    /// `/`.
    Divide "/";
    /// `%`.
    Modulo "%";
    /// `**`.
    Power "**" | "^";
    /// `??`: the second value if the first is `nil`.
    Coalesce "??";
}

impl BinaryOperator {
    /// Precedence of the operator, and whether it groups from the right.
    pub(super) fn binding(self) -> (u16, bool) {
        match self {
            Self::Or => (10, false),
            Self::And => (15, false),
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::More
            | Self::LessOrEqual
            | Self::MoreOrEqual
            | Self::In
            | Self::Matches
            | Self::Contains
            | Self::StartsWith
            | Self::EndsWith => (20, false),
            Self::Range => (25, false),
            Self::Add | Self::Subtract => (30, false),
            Self::Multiply | Self::Divide | Self::Modulo => (60, false),
            Self::Power => (100, true),
            Self::Coalesce => (500, false),
        }
    }

    /// Says whether the operator compares one of two parts with `nil`.
    pub(super) fn compares_with_nil(self, left: &Node, right: &Node) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
            && (left.syntax == Syntax::Nil || right.syntax == Syntax::Nil)
    }

    /// Says whether the operator may be chained: `1 < x < 3`.
    pub(super) fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Less | Self::More | Self::LessOrEqual | Self::MoreOrEqual
        )
    }

    /// Says whether `not` may precede the operator.
    pub(super) fn may_be_negated(self) -> bool {
        matches!(
            self,
            Self::In | Self::Matches | Self::Contains | Self::StartsWith | Self::EndsWith
        )
    }
}

impl UnaryOperator {
    /// Precedence of the operator.
    pub(super) fn binding(self) -> u16 {
        match self {
            Self::Not => 50,
            Self::Minus | Self::Plus => 90,
        }
    }
}
