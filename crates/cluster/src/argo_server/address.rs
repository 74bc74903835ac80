//! Address of an Argo Server, as in Argo's own program (`cmd/argo/commands/client/conn.go` and
//! `pkg/apiclient/argo-server-opts.go` of Argo Workflows 4.1.2) or as a URL.

use http::Uri;

use super::failure::ArgoServerError;

/// The address of an Argo Server: scheme, host, port and base path, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

/// Defaults for missing parts of an address.
#[derive(Debug, Clone, Default)]
pub struct AddressDefaults {
    /// `ARGO_SECURE`: `false` means no TLS.
    pub secure: Option<String>,
    /// `ARGO_BASE_HREF`: path prefix that a proxy adds.
    pub base_href: Option<String>,
}

impl Address {
    /// Parses `host:port`, or a URL with scheme, host, port and path.
    ///
    /// # Errors
    ///
    /// The text is no address, or has a user, a password, a query or a fragment.
    pub fn parse(text: &str, defaults: &AddressDefaults) -> Result<Self, ArgoServerError> {
        let wrong = |cause: &str| ArgoServerError::Address {
            // The message must not show a password or a token in the text.
            text: {
                let (shown, rest) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
                let rest = rest.chars().next().map(|mark| format!("{mark}…"));
                let shown = match shown.rsplit_once('@') {
                    Some((_, host)) => format!("…@{host}"),
                    None => shown.to_owned(),
                };
                shown + &rest.unwrap_or_default()
            },
            cause: cause.to_owned(),
        };
        let typed = text.trim();
        let whole = if typed.contains("://") {
            typed.to_owned()
        } else if defaults.secure.as_deref() == Some("false") {
            format!("http://{typed}")
        } else {
            format!("https://{typed}")
        };
        if whole.contains('#') {
            return Err(wrong("it has a `#`"));
        }
        let uri: Uri = whole
            .parse()
            .map_err(|_| wrong("it is neither `host:port` nor a URL"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("it has no host"));
        };
        if !matches!(scheme, "http" | "https") {
            return Err(wrong("its scheme is neither `https` nor `http`"));
        }
        if authority.as_str().contains('@') {
            return Err(wrong("it has a user or a password"));
        }
        if authority.host().is_empty() {
            return Err(wrong("it has no host"));
        }
        if uri.query().is_some() {
            return Err(wrong("it has a query"));
        }
        let path = match uri.path().trim_matches('/') {
            "" => defaults.base_href.as_deref().unwrap_or_default(),
            path => path,
        };
        let path = path.trim_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        Ok(Self(format!("{scheme}://{authority}{slash}{path}")))
    }

    /// The address as a URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, secure: &str, base_href: &str) -> Result<String, String> {
        let defaults = AddressDefaults {
            secure: Some(secure.to_owned()),
            base_href: Some(base_href.to_owned()),
        };
        let address = Address::parse(text, &defaults);
        address
            .map(|address| address.as_str().to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_is_that_of_argos_program_or_a_url() {
        for (text, secure, base_href, expected) in [
            ("argo:2746", "", "", "https://argo:2746"),
            // Only `false` turns TLS off.
            ("argo:2746", "no", "", "https://argo:2746"),
            ("argo:2746", "false", "", "http://argo:2746"),
            ("argo:443", "true", "/argo/", "https://argo:443/argo"),
            ("http://argo:2746", "true", "", "http://argo:2746"),
            ("https://argo", "false", "", "https://argo"),
            (
                " https://example.com/argo/ ",
                "",
                "other",
                "https://example.com/argo",
            ),
            ("example.com/argo", "", "", "https://example.com/argo"),
            ("[::1]:2746", "false", "", "http://[::1]:2746"),
        ] {
            assert_eq!(read(text, secure, base_href).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_said_without_its_password() {
        for (text, said) in [
            ("", "neither"),
            ("ftp://argo", "scheme"),
            ("https://me:geheim@argo", "password"),
            ("https://argo/?a=b", "query"),
            ("https://argo/workflows#x", "`#`"),
            ("https:///argo", "neither"),
            ("argo server", "neither"),
        ] {
            let error = read(text, "", "").unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }
}
