/// Finds the candidate most like `word`, if any is like it at all.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lowered = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let whole = candidate.to_lowercase();
            // A name in a namespace is often typed without it.
            let last = whole.rsplit('.').next().unwrap_or(&whole);
            let score = strsim::jaro_winkler(&lowered, &whole);
            (score.max(strsim::jaro_winkler(&lowered, last)), candidate)
        })
        .filter(|(score, _)| *score >= 0.8)
        // On a tie the first candidate wins, so that the order of the input decides.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, candidate)| candidate)
}

/// Says ``did you mean `x`?`` where a candidate is like `word`.
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
        assert_eq!(
            nearest("fit_modl", ["a.fit_model", "a.plot"]),
            Some("a.fit_model")
        );
        assert_eq!(
            did_you_mean("Namespace", words).as_deref(),
            Some("did you mean `namespace`?")
        );
    }
}
