//! Cause of a failed task, as one line: the container's termination message from `argo-kedro exec`. The controller
//! appends it to its own: `main: Error (exit code 1): ValueError: too deep [src/shop/nodes.py:12 train] in the node
//! fit_model`.

use crate::{Cause, Frame};

/// Maximum length of an exception's text in characters: the Workflow keeps every message, and is limited to a mebibyte.
const LONGEST: usize = 400;

/// Words between the error and its node.
const IN_NODE: &str = " in the node ";

/// Composes the line with the reason of a task's failure.
pub fn write(cause: &Cause) -> String {
    let text = cause.in_short();
    let mut line = match (&cause.exception, text.is_empty()) {
        (Some(exception), true) => exception.clone(),
        (Some(exception), false) => format!("{exception}: {}", shortened(&text)),
        (None, _) => shortened(&text),
    };
    if let Some(Frame {
        file,
        line: number,
        function,
    }) = &cause.frame
    {
        line.push_str(&format!(" [{file}:{number} {function}]"));
    }
    if let Some(node) = &cause.node {
        line.push_str(&format!("{IN_NODE}{node}"));
    }
    line
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

/// Parses the cause in the controller's message of a node, if there is one.
pub fn read(message: &str) -> Option<Cause> {
    let (_, said) = message.split_once("(exit code ")?.1.split_once("): ")?;
    let (said, node) = match said.trim_end().rsplit_once(IN_NODE) {
        Some((before, node)) => (before, Some(node.to_owned())),
        None => (said.trim_end(), None),
    };
    let (text, frame) = match said.strip_suffix(']') {
        Some(inside) => match inside.rsplit_once(" [").map(|(text, at)| (text, place(at))) {
            Some((text, Some(frame))) => (text, Some(frame)),
            _ => (said, None),
        },
        None => (said, None),
    };
    let (exception, text) = match text.split_once(": ") {
        Some((name, rest)) if is_class(name) => (Some(name.to_owned()), rest),
        None if is_class(text.trim()) && frame.is_some() => (Some(text.trim().to_owned()), ""),
        _ => (None, text),
    };
    Some(Cause {
        kind: if exception.is_some() {
            "exception".to_owned()
        } else {
            "message".to_owned()
        },
        exception,
        message: text.trim().to_owned(),
        node,
        frame,
        traceback: None,
    })
}

fn place(text: &str) -> Option<Frame> {
    let (at, function) = text.rsplit_once(' ')?;
    let (file, line) = at.rsplit_once(':')?;
    Some(Frame {
        file: file.to_owned(),
        line: line.parse().ok()?,
        function: function.to_owned(),
    })
}

/// Says whether a text looks like the name of a Python class, with or without its module.
fn is_class(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    last.starts_with(|first: char| first.is_ascii_uppercase())
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exception_is_read_out_of_the_controllers_message() {
        let found = read(
            "main: Error (exit code 1): ValueError: too [deep]: 3 [src/shop/nodes.py:12 train]",
        )
        .unwrap();
        assert_eq!(found.exception.as_deref(), Some("ValueError"));
        assert_eq!(found.message, "too [deep]: 3");
        let frame = found.frame.unwrap();
        assert_eq!(
            (frame.file.as_str(), frame.line, frame.function.as_str()),
            ("src/shop/nodes.py", 12, "train")
        );
    }

    #[test]
    fn what_a_task_leaves_behind_is_read_back() {
        for (exception, message, with_frame) in [
            (Some("ValueError"), "too deep: 3", true),
            (Some("shop.errors.TooDeep"), "two\nlines", false),
            (Some("KeyError"), "", true),
            (None, "a node called sys.exit(7)", false),
        ] {
            let said = Cause {
                kind: "exception".to_owned(),
                exception: exception.map(str::to_owned),
                message: message.to_owned(),
                node: with_frame.then(|| "ns.fit model".to_owned()),
                frame: with_frame.then(|| Frame {
                    file: "src/shop/nodes.py".to_owned(),
                    line: 12,
                    function: "<lambda>".to_owned(),
                }),
                traceback: None,
            };
            let line = write(&said);
            let read = read(&format!("main: Error (exit code 1): {line}")).unwrap();
            assert_eq!(read.exception, said.exception, "{line}");
            assert_eq!(read.message, message.replace('\n', " "), "{line}");
            assert_eq!(read.frame, said.frame, "{line}");
            assert_eq!(read.node, said.node, "{line}");
        }
        let long = Cause {
            message: "ü".repeat(5000),
            ..Cause::default()
        };
        assert_eq!(write(&long).chars().count(), LONGEST + 1);
    }

    #[test]
    fn other_messages_are_kept_as_they_are() {
        assert_eq!(read("main: Error (exit code 3)"), None);
        assert_eq!(read("pod deleted"), None);
        let plain =
            read("main: Error (exit code 64): failed to find name in PATH: exec: \"x\"").unwrap();
        assert_eq!(plain.exception, None);
        assert_eq!(plain.message, "failed to find name in PATH: exec: \"x\"");
        let bare = read("main: Error (exit code 1): KeyError [a.py:1 f]").unwrap();
        assert_eq!(bare.exception.as_deref(), Some("KeyError"));
    }
}
