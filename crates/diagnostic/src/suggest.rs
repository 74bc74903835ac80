/// Finds the candidate that is most similar to `word`, if any is similar.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let lowered = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let whole = candidate.to_lowercase();
            // Users often omit the namespace of a name.
            let last = whole.rsplit('.').next().unwrap_or(&whole);
            let score = likeness(&lowered, &whole);
            (score.max(likeness(&lowered, last)), candidate)
        })
        .filter(|(score, _)| *score >= ALIKE)
        // On a tie the first candidate wins, so that the order of the input decides.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, candidate)| candidate)
}

/// Longest word in bytes that is compared: no real name is longer, and the time grows with the length.
const LONGEST: usize = 256;
/// Least similarity of two similar words.
const ALIKE: f64 = 0.8;
/// Similarity of two words that differ only by two swapped neighbouring letters.
const SWAPPED: f64 = 0.95;
/// Similarity of two words that differ only by one letter after the first: Jaro-Winkler would prefer a long word with
/// the same beginning, `resume` for `rum`.
const ONE_LETTER: f64 = 0.9;
/// Least length for [`ONE_LETTER`]: shorter words differ by one letter from too many others.
const SHORT: usize = 3;

fn likeness(word: &str, other: &str) -> f64 {
    let score = strsim::jaro_winkler(word, other);
    // In a short word, Jaro-Winkler gives nothing for two swapped letters: `rnu`.
    let is_swapped =
        word.len() == other.len() && word != other && strsim::osa_distance(word, other) == 1;
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    if is_swapped && sorted(word) == sorted(other) {
        score.max(SWAPPED)
    } else if word.len().min(other.len()) >= SHORT
        && word.chars().next() == other.chars().next()
        && strsim::osa_distance(word, other) == 1
    {
        score.max(ONE_LETTER)
    } else {
        score
    }
}

/// Returns ``did you mean `x`?`` if a candidate is similar to `word`.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_closest_word_only_when_it_is_close() {
        let words = ["machine_types", "default_machine_type", "namespace"];
        assert_eq!(nearest("machine_type", words), Some("machine_types"));
        assert_eq!(nearest("namespce", words), Some("namespace"));
        assert_eq!(nearest("zzz", words), None);
        assert_eq!(nearest("rnu", ["retry", "run", "runs"]), Some("run"));
        assert_eq!(nearest("rum", ["resume", "run"]), Some("run"));
        assert_eq!(nearest("gpu", ["cpu"]), None);
        assert_eq!(nearest("a1", ["b1"]), None);
        assert_eq!(
            nearest("fit_modl", ["a.fit_model", "a.plot"]),
            Some("a.fit_model")
        );
        assert_eq!(
            did_you_mean("Namespace", words).as_deref(),
            Some("did you mean `namespace`?")
        );
    }

    #[test]
    fn a_word_that_is_longer_than_any_name_is_like_none() {
        let long = "machine_type".repeat(22);
        assert_eq!(nearest(&long, [long.as_str()]), None);
        let name = &long[..LONGEST];
        assert_eq!(nearest(name, [name]), Some(name));
    }
}
