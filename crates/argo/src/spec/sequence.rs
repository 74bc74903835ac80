use super::any_string::IntOrString;
use super::record::record;

record! {
    /// Numbers to loop over.
    pub struct Sequence {
        /// Count of the numbers.
        pub count: Option<IntOrString> = "count",
        /// First number.
        pub start: Option<IntOrString> = "start",
        /// Last number.
        pub end: Option<IntOrString> = "end",
        /// Format of each number, as for `printf`.
        pub format: String = "format",
    }
}
