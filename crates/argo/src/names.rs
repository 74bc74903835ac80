//! Names that Kubernetes accepts: of objects, labels, annotations
//! (`k8s.io/apimachinery/pkg/util/validation/validation.go`).

/// Says whether a text can name an object (a DNS subdomain). The greatest length depends on the kind of the object.
pub fn is_object_name(name: &str) -> bool {
    name.split('.').all(is_dns_label)
}

/// Says whether a text can be the start of a name that the API server makes.
pub fn is_object_name_prefix(name: &str) -> bool {
    is_object_name(&format!("{name}x"))
}

/// Says whether a text is lower-case letters, digits and `-`, with a letter or digit at both ends. Does not check the
/// length.
pub fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|byte| inner(*byte))
        && bytes.last().is_some_and(|byte| inner(*byte))
        && bytes.iter().all(|byte| inner(*byte) || *byte == b'-')
}

/// Says whether a text can be the value of a label.
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_qualified_part(text)
}

/// Says whether a text can be the key of a label or an annotation.
pub fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        None => is_qualified_part(text),
        Some((prefix, name)) => {
            prefix.len() <= 253 && is_object_name(prefix) && is_qualified_part(name)
        }
    }
}

fn is_qualified_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_objects_and_labels() {
        assert!(is_object_name("my-run.1"));
        for bad in ["My-run", "run-", "", "a..b", "a_b", ".a"] {
            assert!(!is_object_name(bad), "{bad}");
        }
        assert!(is_object_name_prefix("run-") && !is_object_name_prefix("-run"));
        assert!(is_label_value("") && is_label_value("A.b_c") && !is_label_value("a b"));
        assert!(is_label_key("example.org/team") && !is_label_key("/team"));
        assert!(!is_label_key("Example/team"));
    }
}
