//! Token of the user of an Argo Server.

use std::fmt;
use std::path::PathBuf;

use http::HeaderValue;

use super::failure::ArgoServerError;

/// Source of a token. Its [`fmt::Debug`] output does not contain the token.
#[derive(Clone, Default)]
pub enum Token {
    /// Missing token.
    #[default]
    Missing,
    /// Text of `ARGO_TOKEN`: the value of the header `Authorization`, e.g. `Bearer …`, or only the token.
    Text(String),
    /// File with such a text. Each request reads it again, because the token in it may be renewed.
    File(PathBuf),
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("Missing"),
            Self::Text(_) => formatter.write_str("Text"),
            Self::File(file) => write!(formatter, "File({})", file.display()),
        }
    }
}

impl Token {
    /// Says whether there is no token.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// The value of the header `Authorization`; none without a token.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or its text is not valid in a header.
    pub(super) fn header(&self) -> Result<Option<HeaderValue>, ArgoServerError> {
        let (text, source) = match self {
            Self::Missing => return Ok(None),
            Self::Text(text) => (text.clone(), "ARGO_TOKEN".to_owned()),
            Self::File(file) => {
                let source = format!("the file {}", file.display());
                let text =
                    std::fs::read_to_string(file).map_err(|error| ArgoServerError::Token {
                        cause: format!("cannot read {source}: {error}"),
                    })?;
                (text, source)
            }
        };
        let wrong = |what: &str| ArgoServerError::Token {
            cause: format!("{source} {what}"),
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(wrong("is empty"));
        }
        // Argo's own program sends the text as it is. A bare token is a common mistake with a clear meaning.
        let value = if text.contains(' ') {
            text.to_owned()
        } else {
            format!("Bearer {text}")
        };
        let mut header = HeaderValue::from_str(&value)
            .map_err(|_| wrong("has characters that no token has, e.g. a line break"))?;
        header.set_sensitive(true);
        Ok(Some(header))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_as_a_bearers_unless_it_says_otherwise() {
        for (text, sent) in [
            ("Bearer geheim", "Bearer geheim"),
            ("geheim\n", "Bearer geheim"),
            ("Basic Z2VoZWlt", "Basic Z2VoZWlt"),
        ] {
            let header = Token::Text(text.to_owned()).header().unwrap().unwrap();
            assert_eq!(header.to_str().unwrap(), sent);
        }
        assert!(Token::Missing.header().unwrap().is_none());
    }

    #[test]
    fn no_message_has_the_token() {
        let broken = Token::Text("Bearer geheim\ngeheim".to_owned());
        let error = broken.header().unwrap_err().to_string();
        assert!(
            error.contains("ARGO_TOKEN") && !error.contains("geheim"),
            "{error}"
        );
        assert!(!format!("{broken:?}").contains("geheim"));
        let missing = Token::File("/no/such/file".into()).header().unwrap_err();
        assert!(missing.to_string().contains("/no/such/file"), "{missing}");
        assert!(
            Token::Text("  ".to_owned())
                .header()
                .unwrap_err()
                .to_string()
                .contains("is empty")
        );
    }
}
