/// Word for the latest run.
pub const LATEST: &str = "@latest";

/// Reason why a word does not name a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The history has no runs.
    #[error("there are no runs yet")]
    Empty,
    /// No run's name begins with the word.
    #[error("no run has the name `{0}`")]
    Unknown(String),
    /// Several runs' names begin with the word.
    #[error("`{word}` is the beginning of several names: {}", .candidates.join(", "))]
    Ambiguous {
        /// The word.
        word: String,
        /// Names of those runs.
        candidates: Vec<String>,
    },
}

/// Finds a run by its name, by a unique prefix of its name, or by `@latest`. `names` are newest first.
pub fn select<'a>(word: &str, names: &'a [String]) -> Result<&'a str, SelectError> {
    if names.is_empty() {
        return Err(SelectError::Empty);
    }
    if word == LATEST {
        return Ok(&names[0]);
    }
    if let Some(exact) = names.iter().find(|name| *name == word) {
        return Ok(exact);
    }
    let candidates: Vec<&String> = names.iter().filter(|name| name.starts_with(word)).collect();
    match candidates.as_slice() {
        [] => Err(SelectError::Unknown(word.to_owned())),
        [only] => Ok(only),
        several => Err(SelectError::Ambiguous {
            word: word.to_owned(),
            candidates: several.iter().take(5).map(|name| (*name).clone()).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_name_a_unique_beginning_or_latest() {
        let names: Vec<String> = ["b-2", "a-12", "a-1"].map(str::to_owned).to_vec();
        assert_eq!(select("@latest", &names), Ok("b-2"));
        assert_eq!(select("b", &names), Ok("b-2"));
        assert_eq!(select("a-1", &names), Ok("a-1"));
        assert!(matches!(
            select("a", &names),
            Err(SelectError::Ambiguous { .. })
        ));
        assert_eq!(
            select("c", &names),
            Err(SelectError::Unknown("c".to_owned()))
        );
        assert_eq!(select("@latest", &[]), Err(SelectError::Empty));
    }
}
