//! The user's own command.

use super::build::Build;

/// Replaces known names in braces; leaves other braces.
pub(super) fn build(words: &[String], build: &Build<'_>) -> Vec<String> {
    let places = [
        ("{image}", build.image.to_string()),
        ("{context}", build.context.display().to_string()),
        ("{dockerfile}", build.dockerfile.display().to_string()),
        ("{ignore_file}", build.ignore_file.display().to_string()),
        ("{platform}", build.platform.to_owned()),
    ];
    let mut replaced = Vec::new();
    for word in words {
        if word == "{build_args}" {
            let arguments = build.arguments.iter();
            replaced.extend(arguments.map(|(name, value)| format!("--build-arg={name}={value}")));
        } else {
            let one = |word: String, (place, value): &(&str, String)| word.replace(place, value);
            replaced.push(places.iter().fold(word.clone(), one));
        }
    }
    replaced
}
