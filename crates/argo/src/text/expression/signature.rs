//! Signatures of the functions that an expression may call.

/// A function.
#[derive(Debug, PartialEq)]
pub struct Function {
    /// Name in an expression.
    pub name: &'static str,
    /// Signatures; the first one that fits the arguments counts.
    pub signatures: &'static [Signature],
    /// Rule for the arguments and the result, if no signature can express them.
    pub(super) rule: Option<Rule>,
}

/// Arguments and result of a function.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    /// Types of the arguments.
    pub arguments: &'static [SignatureType],
    /// Type of all further arguments.
    pub rest: Option<SignatureType>,
    /// Type of the function's result.
    pub result: SignatureType,
}

/// A type in a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureType {
    /// `any`.
    Any,
    /// `bool`.
    Boolean,
    /// `int`.
    Integer,
    /// `int64`.
    Long,
    /// `uint32`.
    Unsigned,
    /// `float64`.
    Float,
    /// `string`.
    Text,
    /// `time.Time`.
    Time,
    /// `time.Duration`.
    Duration,
    /// `*time.Location`.
    Zone,
    /// `[]any`.
    List,
    /// `[]string`.
    Texts,
    /// `[]int`.
    Integers,
    /// `[][]any`.
    Lists,
    /// `map[string]any`.
    Map,
    /// `map[string]string`.
    TextMap,
    /// A certificate of sprig.
    Certificate,
    /// A version of sprig.
    Version,
}

impl Signature {
    /// The type of an argument, if the function takes that many.
    pub(super) fn argument(&self, number: usize) -> Option<SignatureType> {
        self.arguments.get(number).copied().or(self.rest)
    }

    /// Says whether the function takes this number of arguments.
    pub(super) fn takes_count(&self, count: usize) -> bool {
        count == self.arguments.len() || self.rest.is_some() && count > self.arguments.len()
    }
}

/// Rule for the arguments and the result of a function without a fixed signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// `len`.
    Length,
    /// `abs`.
    Absolute,
    /// `ceil`, `floor` and `round`.
    Round,
    /// `int` and `float`: convert a number, or a text with a number.
    Number(SignatureType),
    /// `max`, `min`, `mean` and `median`.
    Aggregate,
    /// `now`.
    Now,
    /// `date`.
    Date,
    /// `first` and `last`.
    Element,
    /// `get`.
    Get,
    /// `take`.
    Take,
    /// `keys`, `values` and `toPairs`.
    OfMap,
    /// `fromPairs`.
    FromPairs,
    /// `reverse`, `uniq` and `flatten`.
    OfList,
    /// `concat`.
    Concat,
}
