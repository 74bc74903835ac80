//! Names to numbers. A workflow has many short names, so the hash is a simple one.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Numbers by name.
pub type Index<'a> = HashMap<&'a str, usize, BuildHasherDefault<Fowler>>;

/// The hash of Fowler, Noll and Vo, eight bytes at a time.
#[derive(Clone, Copy)]
pub struct Fowler(u64);

impl Default for Fowler {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fowler {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk
                .iter()
                .fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
            self.0 = (self.0 ^ word)
                .wrapping_mul(0x0000_0100_0000_01b3)
                .rotate_left(23);
        }
    }
}
