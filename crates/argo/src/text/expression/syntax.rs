//! The tree of an expression.

/// Place in the text, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Place {
    /// Gives the place from the start of this to the end of `other`.
    pub(super) fn to(self, other: Self) -> Self {
        Self {
            start: self.start,
            end: other.end.max(self.end),
        }
    }

    /// The text that stands there.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Place of the part.
    pub place: Place,
    /// Depth in nodes. The left sides of operators do not count: the reader walks them without going deeper.
    pub(super) height: u16,
    /// Number of operators that follow each other on the left of this one.
    pub(super) length: u16,
    /// Kind of the part, with its own parts.
    pub syntax: Syntax,
}

impl Node {
    /// Calls `each` with this node and every one below it.
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
    /// A chain with `?.`: the whole is `nil` as soon as a value before a `?.` is.
    Chain(Box<Node>),
    /// `of.property` or `of[property]`.
    Member {
        /// The whole.
        of: Box<Node>,
        /// The part: a name is a text.
        property: Box<Node>,
        /// Says whether it is written with `?.`.
        optional: bool,
    },
    /// `of[from:to]`.
    Slice {
        /// The whole.
        of: Box<Node>,
        /// The first index, or from the start.
        from: Option<Box<Node>>,
        /// The index after the last one, or to the end.
        to: Option<Box<Node>>,
    },
    /// A call of a value.
    Call(Box<Node>, Vec<Node>),
    /// A call of a function of expr-lang's own.
    Builtin(String, Vec<Node>),
    /// A part that is evaluated for each element of a list.
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
        /// The value if it is true; none stands for the condition itself, as in `condition ?: no`.
        yes: Option<Box<Node>>,
        /// The value if it is false.
        no: Box<Node>,
    },
    /// `[...]`.
    Array(Vec<Node>),
    /// `{key: value}`.
    Map(Vec<(Node, Node)>),
}

impl Syntax {
    /// The parts of it.
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
            /// The operator that is written so.
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
    /// `??`: the second if the first is `nil`.
    Coalesce "??";
}

impl BinaryOperator {
    /// Strength with which the operator binds, and whether it binds to the right.
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

    /// Says whether the operator asks if one of two parts is `nil`.
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

    /// Says whether `not` may stand before the operator.
    pub(super) fn may_be_negated(self) -> bool {
        matches!(
            self,
            Self::In | Self::Matches | Self::Contains | Self::StartsWith | Self::EndsWith
        )
    }
}

impl UnaryOperator {
    /// Strength with which the operator binds.
    pub(super) fn binding(self) -> u16 {
        match self {
            Self::Not => 50,
            Self::Minus | Self::Plus => 90,
        }
    }
}
