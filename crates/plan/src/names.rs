//! Task names that Argo accepts.
//!
//! `^[a-zA-Z0-9][-a-zA-Z0-9]*$` and at most 128 characters (`workflow/validate/validate.go:1710`), no digit first if
//! there are dependencies (`:1468`), and no word of the expression language, because Argo turns dependencies into
//! expressions with `_` instead of `-` (`workflow/controller/dag.go:986`).

use rustc_hash::{FxBuildHasher, FxHashMap as HashMap};

/// Greatest length of a name, because a label value has at most 63 characters and must be unique; Argo itself accepts
/// 128.
const LONGEST: usize = 63;
const HASH: usize = 6;
const EXPRESSION_WORDS: [&str; 14] = [
    "in",
    "or",
    "and",
    "not",
    "matches",
    "contains",
    "startswith",
    "endswith",
    "let",
    "if",
    "else",
    "true",
    "false",
    "nil",
];

/// Gives each name a form that Argo accepts, unique among all and `reserved`.
///
/// If two names would be the same, each gets a hash of its original, so that neither depends on the order of the nodes.
pub(crate) fn unique_names<'a>(
    names: impl Iterator<Item = &'a str>,
    reserved: &[String],
) -> Vec<String> {
    let names: Vec<&str> = names.collect();
    let wanted: Vec<String> = names.iter().map(|name| sanitise(name)).collect();
    let folds: Vec<String> = wanted.iter().map(|name| folded(name)).collect();
    let reserved: Vec<String> = reserved.iter().map(|name| folded(name)).collect();
    let mut count: HashMap<&str, usize> =
        HashMap::with_capacity_and_hasher(folds.len() + reserved.len(), FxBuildHasher);
    for name in folds.iter().chain(&reserved) {
        *count.entry(name).or_default() += 1;
    }
    names
        .iter()
        .zip(wanted)
        .zip(&folds)
        .map(|((name, wanted), fold)| {
            if wanted.len() <= LONGEST && count.get(fold.as_str()) == Some(&1) {
                wanted
            } else {
                let keep = wanted.len().min(LONGEST - HASH - 1);
                format!("{}-{}", wanted[..keep].trim_end_matches('-'), hash(name))
            }
        })
        .collect()
}

/// Replaces characters that Argo does not accept.
fn sanitise(name: &str) -> String {
    let mut clean = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            clean.push(character);
        } else if !clean.is_empty() && !clean.ends_with('-') {
            clean.push('-');
        }
    }
    clean.truncate(clean.trim_end_matches('-').len());
    let is_word = |word: &&str| clean.eq_ignore_ascii_case(word);
    if clean.is_empty()
        || clean.starts_with(|first: char| first.is_ascii_digit())
        || EXPRESSION_WORDS.iter().any(is_word)
    {
        return format!("node-{clean}").trim_end_matches('-').to_owned();
    }
    clean
}

/// Form for the comparison of names, without case, because pods and labels ignore it.
fn folded(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    if lower.contains('_') {
        lower.replace('_', "-")
    } else {
        lower
    }
}

/// FNV-1a, in base 36: short, and the same on every machine.
fn hash(name: &str) -> String {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut text = String::with_capacity(HASH);
    for _ in 0..HASH {
        let digit = u32::try_from(state % 36).unwrap_or_default();
        text.push(char::from_digit(digit, 36).unwrap_or('0'));
        state /= 36;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        unique_names(names.iter().copied(), &[])
    }

    #[test]
    fn names_argo_takes_are_kept_and_others_changed() {
        let long = "x".repeat(64);
        for (given, expected) in [
            ("train", "train"),
            ("train_model", "train-model"),
            ("ns.train__model.", "ns-train-model"),
            ("02_clean", "node-02-clean"),
            ("in", "node-in"),
            ("Matches", "node-Matches"),
            ("é_ü", "node"),
            ("Prep: step 1", "Prep-step-1"),
        ] {
            assert_eq!(names(&[given]), [expected], "{given}");
        }
        let cut = &names(&[&long])[0];
        assert_eq!(cut.len(), LONGEST);
        assert!(cut.starts_with("xxx"));
    }

    #[test]
    fn names_that_clash_keep_a_hash_whatever_their_order() {
        let one = names(&["a_b", "a-b", "c"]);
        let other = names(&["c", "a-b", "a_b"]);
        assert_eq!(one[0], other[2]);
        assert_eq!(one[1], other[1]);
        assert_ne!(one[0], one[1]);
        assert!(one[0].starts_with("a-b-"), "{one:?}");
        assert_eq!(one[2], "c");
    }

    #[test]
    fn case_alone_does_not_tell_names_apart() {
        let found = names(&["Train", "train"]);
        assert_ne!(folded(&found[0]), folded(&found[1]));
    }

    #[test]
    fn a_reserved_name_is_left_alone() {
        let found = unique_names(["boot"].into_iter(), &["boot".to_owned()]);
        assert!(found[0].starts_with("boot-"), "{found:?}");
    }
}
