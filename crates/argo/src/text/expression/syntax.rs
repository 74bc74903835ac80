//! The tree of an expression.

/// Where something stands in the text: its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Place {
    /// From the start of this to the end of `other`.
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
    /// Where it stands.
    pub place: Place,
    /// How many nodes deep it is, but for the left sides of operators, which are walked without going deeper.
    pub(super) height: u16,
    /// How many operators follow each other on the left of this one.
    pub(super) length: u16,
    /// What it is.
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

/// What a part of an expression is.
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
    /// What holds `?.`: the whole is `nil` as soon as something before a `?.` is.
    Chain(Box<Node>),
    /// `of.property` or `of[property]`.
    Member {
        /// What it is a part of.
        of: Box<Node>,
        /// Which part: a name is a text.
        property: Box<Node>,
        /// Whether it was written with `?.`.
        optional: bool,
    },
    /// `of[from:to]`.
    Slice {
        /// What it is a part of.
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
    /// What is evaluated for each element of a list.
    Predicate(Box<Node>),
    /// `#`, the element, or `#name`.
    Pointer(String),
    /// `let name = value; then`.
    Let {
        /// The name.
        name: String,
        /// Its value.
        value: Box<Node>,
        /// What may use it.
        then: Box<Node>,
    },
    /// `first; second`.
    Sequence(Vec<Node>),
    /// `condition ? yes : no`, or with `if` and `else`.
    Conditional {
        /// What is asked.
        condition: Box<Node>,
        /// The value if it is true; what is asked itself if it is `condition ?: no`.
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

            /// How it is written.
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
    /// How tightly it binds, and whether it binds to the right.
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

    /// Whether it may be chained: `1 < x < 3`.
    pub(super) fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Less | Self::More | Self::LessOrEqual | Self::MoreOrEqual
        )
    }

    /// Whether `not` may stand before it.
    pub(super) fn may_be_negated(self) -> bool {
        matches!(
            self,
            Self::In | Self::Matches | Self::Contains | Self::StartsWith | Self::EndsWith
        )
    }
}

impl UnaryOperator {
    /// How tightly it binds.
    pub(super) fn binding(self) -> u16 {
        match self {
            Self::Not => 50,
            Self::Minus | Self::Plus => 90,
        }
    }
}
