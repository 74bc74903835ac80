//! URLs (`net/url`).

mod escape;

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use escape::{UrlPart, escape, unescape, wrong};

use super::super::super::bytes::of_bytes;
use super::super::super::failure::Failure;
use super::super::super::value::Value;

#[derive(Default)]
struct Address {
    scheme: String,
    opaque: String,
    user: Option<String>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: String,
    fragment: Vec<u8>,
}

fn parse(text: &str) -> Result<Address, Failure> {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let mut address = Address {
        fragment: unescape(fragment, UrlPart::Fragment)?,
        ..Address::default()
    };
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err(wrong("a letter that cannot be seen"));
    }
    if text == "*" {
        address.path = b"*".to_vec();
        return Ok(address);
    }
    let (scheme, rest) = scheme(text)?;
    address.scheme = scheme.to_lowercase();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    query.clone_into(&mut address.query);
    let mut rest = rest;
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            rest.clone_into(&mut address.opaque);
            return Ok(address);
        }
        let first = rest.split('/').next().unwrap_or_default();
        if first.contains(':') {
            return Err(wrong("the first part of its path has a colon"));
        }
    }
    if (!scheme.is_empty() || !rest.starts_with("///"))
        && let Some(after) = rest.strip_prefix("//")
    {
        let end = after.find('/').unwrap_or(after.len());
        let (authority, path) = after.split_at_checked(end).unwrap_or((after, ""));
        rest = path;
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        address.host = host_of(&address.scheme, host)?;
        address.user = user.map(user_of).transpose()?;
    }
    address.path = unescape(rest, UrlPart::Path)?;
    Ok(address)
}

fn scheme(text: &str) -> Result<(&str, &str), Failure> {
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err(wrong("no scheme stands before the colon")),
            b':' => return Ok(text.split_once(':').unwrap_or(("", text))),
            _ => break,
        }
    }
    Ok(("", text))
}

fn user_of(text: &str) -> Result<String, Failure> {
    let is_valid = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte));
    if !is_valid {
        return Err(wrong("a letter that no user has"));
    }
    let part = |part| Ok(escape(&unescape(part, UrlPart::User)?, UrlPart::User));
    Ok(match text.split_once(':') {
        Some((name, password)) => format!("{}:{}", part(name)?, part(password)?),
        None => part(text)?,
    })
}

fn is_optional_port(text: &str) -> bool {
    let digits = text.strip_prefix(':').unwrap_or(text);
    text.is_empty() || digits.len() < text.len() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn host_of(scheme: &str, host: &str) -> Result<Vec<u8>, Failure> {
    match host.rfind('[') {
        Some(0) => {
            let end = host
                .rfind(']')
                .ok_or_else(|| wrong("a bracket of the host is open"))?;
            let port = host.get(end + 1..).unwrap_or_default();
            if !is_optional_port(port) {
                return Err(wrong("its port is no number"));
            }
            let inside = host.get(1..end).unwrap_or_default();
            let mut name = match inside.find("%25") {
                Some(zone) => {
                    let (address, zone) = inside.split_at_checked(zone).unwrap_or((inside, ""));
                    [
                        unescape(address, UrlPart::Host)?,
                        unescape(zone, UrlPart::Zone)?,
                    ]
                    .concat()
                }
                None => unescape(inside, UrlPart::Host)?,
            };
            if !is_ipv6(&name) {
                return Err(wrong("what is in brackets is no address"));
            }
            name.insert(0, b'[');
            name.push(b']');
            name.extend(unescape(port, UrlPart::Host)?);
            Ok(name)
        }
        Some(_) => Err(wrong("a bracket is inside of the host")),
        None => {
            // URLs of other schemes may list several hosts.
            let colon = if matches!(scheme, "http" | "https") {
                host.find(':')
            } else {
                host.rfind(':')
            };
            let port = colon
                .and_then(|colon| host.get(colon..))
                .unwrap_or_default();
            if !is_optional_port(port) {
                return Err(wrong("its port is no number"));
            }
            unescape(host, UrlPart::Host)
        }
    }
}

fn is_ipv6(name: &[u8]) -> bool {
    let text = of_bytes(name);
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text.as_str(), None),
    };
    zone != Some("") && address.parse::<Ipv6Addr>().is_ok()
}

fn host_name(host: &[u8]) -> String {
    let host = of_bytes(host);
    let port = host.rfind(':').and_then(|colon| host.get(colon..));
    let name = match port {
        Some(port) if is_optional_port(port) => host.strip_suffix(port).unwrap_or(&host),
        _ => &host,
    };
    name.strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name)
        .to_owned()
}

/// `urlParse`.
pub(super) fn parsed(text: &str) -> Result<BTreeMap<String, Value>, Failure> {
    let address = parse(text)?;
    let parts = [
        ("hostname", host_name(&address.host)),
        ("scheme", address.scheme),
        ("host", of_bytes(&address.host)),
        ("path", of_bytes(&address.path)),
        ("query", address.query),
        ("opaque", address.opaque),
        ("fragment", of_bytes(&address.fragment)),
        ("userinfo", address.user.unwrap_or_default()),
    ];
    Ok(parts
        .into_iter()
        .map(|(key, part)| (key.to_owned(), Value::text(part)))
        .collect())
}

/// `urlJoin`.
pub(super) fn joined(value: &Value) -> Result<String, Failure> {
    let map = match value {
        Value::Map(map) => Some(map),
        Value::Nil => None,
        _ => return Err(Failure::new("`urlJoin` takes a map")),
    };
    let part = |key: &str| match map.and_then(|map| map.get(key)) {
        None => Ok(""),
        Some(Value::Text(text)) => Ok(text.as_ref()),
        Some(_) => Err(Failure::new(format!("`{key}` has to be a text"))),
    };
    let (scheme, host, path) = (part("scheme")?, part("host")?, part("path")?);
    let (query, opaque, fragment) = (part("query")?, part("opaque")?, part("fragment")?);
    let user = match part("userinfo")? {
        "" => None,
        user => parse(&format!("proto://{user}@host"))?.user,
    };
    let mut text = String::new();
    if !scheme.is_empty() {
        text = format!("{scheme}:");
    }
    if opaque.is_empty() {
        if !host.is_empty() || user.is_some() || !scheme.is_empty() && !path.is_empty() {
            text.push_str("//");
        }
        if let Some(user) = &user {
            text.push_str(user);
            text.push('@');
        }
        text.push_str(&escape(host.as_bytes(), UrlPart::Host));
        let path = match path {
            "*" => path.to_owned(),
            _ => escape(path.as_bytes(), UrlPart::Path),
        };
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            text.push('/');
        }
        if text.is_empty()
            && path
                .split('/')
                .next()
                .is_some_and(|first| first.contains(':'))
        {
            text.push_str("./");
        }
        text.push_str(&path);
    } else {
        text.push_str(opaque);
    }
    if !query.is_empty() {
        text.push('?');
        text.push_str(query);
    }
    if !fragment.is_empty() {
        text.push('#');
        text.push_str(&escape(fragment.as_bytes(), UrlPart::Fragment));
    }
    Ok(text)
}
