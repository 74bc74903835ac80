//! Selectors: the nodes that a setting applies to.

use std::fmt;

use serde::Serialize;

use crate::snapshot::Node;

/// Selector of every node.
pub const EVERY_NODE: &str = "*";

/// Kind of a selector, from least to most specific.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SelectorKind {
    /// Every node.
    Every,
    /// Registered pipeline of the node.
    Pipeline,
    /// Namespace of the node, or a parent of it.
    Namespace,
    /// Tag of the node.
    Tag,
    /// Group of nodes that share the node's task.
    Group,
    /// Pattern for the node's name.
    Glob,
    /// Name of the node.
    Name,
}

/// Choice of the nodes that a setting applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    /// Kind; a name with `*` or `?` is a glob.
    kind: SelectorKind,
    /// Text without a prefix such as `tag:`.
    pattern: String,
}

impl Selector {
    /// Parses a selector; any text is valid.
    pub fn new(text: &str) -> Self {
        let prefixed = [
            ("tag:", SelectorKind::Tag),
            ("namespace:", SelectorKind::Namespace),
            ("group:", SelectorKind::Group),
            ("pipeline:", SelectorKind::Pipeline),
        ]
        .into_iter()
        .find_map(|(prefix, kind)| Some((kind, text.strip_prefix(prefix)?)));
        let (kind, pattern) = match prefixed {
            Some(found) => found,
            None if text == EVERY_NODE => (SelectorKind::Every, text),
            None if is_glob(text) => (SelectorKind::Glob, text),
            None => (SelectorKind::Name, text),
        };
        Self {
            kind,
            pattern: pattern.to_owned(),
        }
    }

    /// Kind of the selector.
    pub fn kind(&self) -> SelectorKind {
        self.kind
    }

    /// Text without a prefix such as `tag:`.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Precedence, for comparison: the kind, then the number of letters other than wildcards.
    pub fn specificity(&self) -> (SelectorKind, usize) {
        let letters = self.pattern.chars().filter(|letter| !is_wild(*letter));
        (self.kind, letters.count())
    }

    /// Says whether the selector picks a node; `group` is the node's group, if it has one.
    pub fn picks(&self, node: &Node, group: Option<&str>) -> bool {
        match self.kind {
            SelectorKind::Every => true,
            SelectorKind::Pipeline => node.pipelines.iter().any(|name| self.fits(name)),
            SelectorKind::Namespace => node.namespace.as_deref().is_some_and(|namespace| {
                let ends = namespace.match_indices('.').map(|(end, _)| end);
                let mut around = ends.chain([namespace.len()]).map(|end| &namespace[..end]);
                around.any(|namespace| self.fits(namespace))
            }),
            SelectorKind::Tag => node.tags.iter().any(|tag| self.fits(tag)),
            SelectorKind::Group => group.is_some_and(|group| self.fits(group)),
            SelectorKind::Glob | SelectorKind::Name => self.fits(&node.name),
        }
    }

    fn fits(&self, text: &str) -> bool {
        if is_glob(&self.pattern) {
            // A name with a star in it also matches itself.
            self.pattern == text || fits(self.pattern.as_bytes(), text.as_bytes())
        } else {
            self.pattern == text
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.kind {
            SelectorKind::Pipeline => "pipeline:",
            SelectorKind::Namespace => "namespace:",
            SelectorKind::Tag => "tag:",
            SelectorKind::Group => "group:",
            SelectorKind::Every | SelectorKind::Glob | SelectorKind::Name => "",
        };
        write!(formatter, "{prefix}{}", self.pattern)
    }
}

fn is_wild(letter: char) -> bool {
    matches!(letter, '*' | '?')
}

fn is_glob(pattern: &str) -> bool {
    pattern.contains(is_wild)
}

/// Matches `*` with any text and `?` with any one byte. Goes back only to the last star, so that the cost is at most
/// the product of the lengths.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[position] => {
                at += 1;
                position += 1;
            }
            _ => match star {
                Some((start, taken)) => {
                    star = Some((start, taken + 1));
                    at = start + 1;
                    position = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> Node {
        serde_json::from_value(serde_json::json!({
            "name": "training.linear.fit_model", "namespace": "training.linear",
            "inputs": [], "outputs": [], "tags": ["gpu", "group.x"], "pipelines": ["training"],
        }))
        .unwrap()
    }

    #[test]
    fn selectors_pick_by_name_tag_namespace_group_and_pipeline() {
        for (selector, picks) in [
            ("*", true),
            ("training.linear.fit_model", true),
            ("fit_model", false),
            ("*fit_model", true),
            ("training.*.fit_?odel", true),
            ("training.*.fit_?del", false),
            ("*fit*model*", true),
            ("**", true),
            ("?", false),
            ("", false),
            ("tag:gpu", true),
            ("tag:g*", true),
            ("tag:gp", false),
            ("namespace:training", true),
            ("namespace:training.linear", true),
            ("namespace:train", false),
            ("namespace:*.linear", true),
            ("group:prepare", true),
            ("group:other", false),
            ("pipeline:training", true),
            ("pipeline:reporting", false),
        ] {
            let picked = Selector::new(selector).picks(&node(), Some("prepare"));
            assert_eq!(picked, picks, "{selector}");
            assert_eq!(Selector::new(selector).to_string(), selector);
        }
        assert!(!Selector::new("group:*").picks(&node(), None));
    }

    #[test]
    fn the_order_is_name_glob_group_tag_namespace_pipeline_every() {
        let order = [
            "*",
            "pipeline:training",
            "namespace:training",
            "namespace:training.linear",
            "tag:g*",
            "tag:gpu",
            "group:prepare",
            "*fit*",
            "*fit_model",
            "training.linear.fit_model",
        ];
        for pair in order.windows(2) {
            let of = |text: &str| Selector::new(text).specificity();
            assert!(of(pair[0]) < of(pair[1]), "{pair:?}");
        }
    }
}
