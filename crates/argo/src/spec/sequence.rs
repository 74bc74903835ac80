use super::any_string::IntOrString;
use super::record::record;

record! {
    /// Numbers to loop over.
    pub struct Sequence {
        /// Count of the numbers.
        pub count: Option<IntOrString> = "count",
        /// The first.
        pub start: Option<IntOrString> = "start",
        /// The last.
        pub end: Option<IntOrString> = "end",
        /// Form of each, as `printf` has it.
        pub format: String = "format",
    }
}
