//! Kubernetes' amounts: `2`, `0.5`, `500m`, `4Gi`, `1e3`.

const UNITS: &[&str] = &[
    "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
];

/// Whether a text is an amount.
pub(super) fn is_valid(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (number, unit) = split(unsigned);
    if !is_number(number) {
        return false;
    }
    unit.is_empty() || UNITS.contains(&unit) || is_exponent(unit)
}

/// What the amount was meant to be.
pub(super) fn suggestion(text: &str) -> Option<String> {
    let compact = text.replace(' ', "");
    let (number, unit) = split(&compact);
    if !is_number(number) {
        return None;
    }
    let meant = match unit.to_ascii_lowercase().as_str() {
        "" => "",
        "k" => "k",
        "kb" | "ki" | "kib" => "Ki",
        "mb" | "mi" | "mib" => "Mi",
        "g" | "gb" | "gi" | "gib" => "Gi",
        "t" | "tb" | "ti" | "tib" => "Ti",
        _ => return None,
    };
    Some(format!("did you mean `{number}{meant}`?"))
}

fn split(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    text.split_at(end)
}

fn is_number(text: &str) -> bool {
    text.matches('.').count() <= 1 && text.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_exponent(text: &str) -> bool {
    text.strip_prefix(['e', 'E']).is_some_and(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        is_number(digits) && split(digits).1.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        for good in [
            "1", "0.5", ".5", "5.", "500m", "4Gi", "1e3", "1E-3", "-1", "12E",
        ] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["", "Gi", "4GB", "4 Gi", "1.2.3", "4gi", "1e", "."] {
            assert!(!is_valid(bad), "{bad}");
        }
        assert_eq!(suggestion("4 GB").as_deref(), Some("did you mean `4Gi`?"));
        assert_eq!(suggestion("a lot"), None);
    }
}
