//! Maps from names to numbers.

use rustc_hash::FxHashMap;

/// Numbers by name. A workflow has many short names, so this map uses a fast hash.
pub type Index<'a> = FxHashMap<&'a str, usize>;
