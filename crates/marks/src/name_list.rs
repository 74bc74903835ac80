//! Several names as one text of the manifest.
//!
//! The names are separated by commas, as in `kedro run --nodes`. But Kedro allows any name for a dataset or a
//! namespace. So a list with a name that would not survive this form starts with a comma, and its names are
//! percent-encoded. All readers accept both forms (in the tasks, `python/argo_kedro/name_list.py`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Letters that an encoded name keeps: no shell and no other reader changes them.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'/')
    .remove(b'@')
    .remove(b'_');

/// Writes names as one text that neither Argo nor Kubernetes changes on the way to a task.
pub fn written<Name: AsRef<str>>(names: &[Name]) -> String {
    let names = names.iter().map(AsRef::as_ref);
    if names.clone().all(is_plain) {
        return names.collect::<Vec<_>>().join(",");
    }
    names
        .map(|name| format!(",{}", utf8_percent_encode(name, KEPT)))
        .collect()
}

/// Writes texts in the same way, but keeps Argo's tags, so that Argo replaces them.
pub fn written_with_tags(texts: &[String]) -> String {
    if texts.iter().all(|text| !text.contains(',')) {
        return texts.join(",");
    }
    let encoded = |text: &String| text.replace('%', "%25").replace(',', "%2C");
    texts
        .iter()
        .map(|text| format!(",{}", encoded(text)))
        .collect()
}

/// Reads the names of a text that [`written`] made.
pub fn read(text: &str) -> Vec<String> {
    if let Some(encoded) = text.strip_prefix(',') {
        let names = encoded.split(',').map(percent_decode_str);
        return names
            .map(|name| name.decode_utf8_lossy().into_owned())
            .collect();
    }
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// Says whether a name survives in a text with commas. Argo replaces `{{…}}`, and Kubernetes replaces `$(…)` and `$$`.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(|character: char| character == ',' || character.is_control())
        && !["{{", "$(", "$$"].iter().any(|tag| name.contains(tag))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_names_stand_side_by_side() {
        for (names, text) in [
            (vec![], ""),
            (
                vec!["a", "b.c", "raw/x%2C", "ünï $x"],
                "a,b.c,raw/x%2C,ünï $x",
            ),
            (vec!["a,b"], ",a%2Cb"),
            (
                vec!["raw/a,b", "c", "$(HOME)"],
                ",raw/a%2Cb,c,%24%28HOME%29",
            ),
            (vec![""], ","),
        ] {
            assert_eq!(written(&names), text);
            assert_eq!(read(text), names);
        }
    }

    #[test]
    fn places_keep_their_tags() {
        let places = ["s3://a,b/%/{{workflow.name}}", "s3://c"].map(str::to_owned);
        let text = written_with_tags(&places);
        assert_eq!(text, ",s3://a%2Cb/%25/{{workflow.name}},s3://c");
        assert_eq!(read(&text), places);
        assert_eq!(written_with_tags(&places[1..]), "s3://c");
    }

    proptest! {
        /// All names must survive, and no reader between may change them.
        #[test]
        fn any_names_come_back(
            names in prop::collection::vec(r"[a,{$(\[%\u{1}\n ]{0,6}|\PC{0,5}", 0..4),
        ) {
            let text = written(&names);
            for tag in ["{{", "$(", "$$"] {
                prop_assert!(!text.contains(tag), "{}", text);
            }
            prop_assert_eq!(read(&text), names);
        }
    }
}
