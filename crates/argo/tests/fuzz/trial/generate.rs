//! Makes texts that are similar to those of a corpus: cuts, copies, mixes, repeats and replaces pieces.

/// Greatest length of a made text in bytes.
const LONGEST: usize = 64 * 1024;

/// Pieces that cause trouble in many languages.
const TROUBLE: &[&str] = &[
    "",
    " ",
    "\n",
    "\t",
    "\0",
    "\u{7f}",
    "é",
    "\u{2028}",
    "\u{1f600}",
    "\u{feff}",
    "\"",
    "'",
    "`",
    "\\",
    "\\u",
    "\\x",
    "%",
    "{{",
    "}}",
    "{{=",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "..",
    "**",
    "&&",
    "||",
    "==",
    "!",
    "-",
    "+",
    "?",
    ":",
    "#",
    "~",
    "$",
    "@",
    "null",
    "nil",
    "true",
    "NaN",
    "inf",
    "-0",
    "-1",
    "0x",
    "1e400",
    "1e-400",
    "0.1",
    "255",
    "65536",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551616",
    "99999999",
];

/// Random numbers that are the same in each run (`splitmix64`).
pub(crate) struct Random(u64);

impl Random {
    /// The numbers for one text.
    pub(super) fn new(seed: u64, number: u64) -> Self {
        let mut random = Self(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit; 0 if the limit is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let limit = limit.max(1) as u64;
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    /// A random element of a list.
    pub(crate) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Any character; the simple ones are more frequent.
    fn character(&mut self) -> char {
        let limit = *self.one(&[0x20, 0x80, 0x80, 0x800, 0x1_0000, 0x11_0000]);
        u32::try_from(self.below(limit))
            .ok()
            .and_then(char::from_u32)
            .unwrap_or('\u{fffd}')
    }
}

/// Seeds in pieces: words, numbers and single other characters.
pub(super) struct Corpus<'s> {
    seeds: Vec<Vec<&'s str>>,
}

impl<'s> Corpus<'s> {
    pub(super) fn new(seeds: &[&'s str]) -> Self {
        assert!(!seeds.is_empty(), "a corpus has a seed");
        Self {
            seeds: seeds.iter().map(|seed| pieces(seed)).collect(),
        }
    }

    /// A text that is similar to one of the seeds.
    pub(super) fn text(&self, random: &mut Random) -> String {
        let mut text = random.one(&self.seeds).clone();
        // Characters that no seed contains must live as long as the text.
        let odd: Vec<String> = (0..4).map(|_| random.character().to_string()).collect();
        for _ in 0..=random.below(5) {
            self.change(&mut text, &odd, random);
        }
        let mut whole = String::new();
        for piece in text {
            if whole.len() + piece.len() > LONGEST {
                break;
            }
            whole.push_str(piece);
        }
        whole
    }

    fn change<'t>(&'t self, text: &mut Vec<&'t str>, odd: &'t [String], random: &mut Random)
    where
        's: 't,
    {
        let at = random.below(text.len() + 1);
        let end = at + random.below(8).min(text.len() - at);
        let piece: &'t str = match random.below(4) {
            0 => random.one::<&str>(TROUBLE),
            1 => random.one(odd).as_str(),
            _ => {
                let seed = random.one(&self.seeds);
                seed.get(random.below(seed.len())).copied().unwrap_or("")
            }
        };
        match random.below(8) {
            0 | 1 => text.insert(at, piece),
            2 | 3 => drop(text.splice(at..text.len().min(at + 1), [piece])),
            4 => drop(text.drain(at..end)),
            5 => {
                let copy = text[at..end].to_vec();
                let to = random.below(text.len() + 1);
                text.splice(to..to, copy);
            }
            6 => {
                let seed = random.one(&self.seeds);
                let from = random.below(seed.len() + 1);
                let length = random.below(12).min(seed.len() - from);
                text.splice(at..end, seed[from..from + length].iter().copied());
            }
            _ => {
                let part = if at < end {
                    text[at..end].to_vec()
                } else {
                    vec![piece]
                };
                // Rarely, make the text very deep or very long.
                let most = if random.below(20) == 0 { 13 } else { 5 };
                let times = 1 << random.below(most);
                text.splice(at..end, part.repeat(times));
            }
        }
    }
}

fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let size = if first.is_alphanumeric() {
            rest.find(|letter: char| !letter.is_alphanumeric())
                .unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (piece, after) = rest.split_at(size);
        pieces.push(piece);
        rest = after;
    }
    pieces
}
