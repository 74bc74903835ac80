//! Names to numbers.

use rustc_hash::FxHashMap;

/// Numbers by name. A workflow has many short names, so the hash is a quick one.
pub type Index<'a> = FxHashMap<&'a str, usize>;
