//! Names of nodes: makes and parses them.
//!
//! A name is a path. It begins with the name of the Workflow, and each node appends to the name of its parent:
//! `flights.fit(0:blue)(1)` is the second attempt of the first item of the task `fit`.

use super::kind::NodeKind;
use super::node::NodeStatus;
use super::node::Nodes;

/// Longest name of a Kubernetes object, and the part of it that Argo reserves for the digest
/// (`workflow/util/pod_name.go`).
const LONGEST_POD_NAME: usize = 253;
const DIGEST: usize = 10;

/// Makes the id of a node: the Workflow's name and a digest of the node's name; the first node has the Workflow's name
/// (`NodeID` of `workflow_types.go`).
pub fn node_id(workflow: &str, name: &str) -> String {
    if name == workflow {
        return workflow.to_owned();
    }
    format!("{workflow}-{}", fnv_32a(name))
}

/// Makes the name of a node's pod (`workflow/util/pod_name.go`; names of version 2, the default since Argo 3.4).
pub fn pod_name(workflow: &str, node: &str, template: &str) -> String {
    if node == workflow {
        return workflow.to_owned();
    }
    let mut name = workflow.to_owned();
    if !template.is_empty() {
        name.push('-');
        name.push_str(template);
    }
    let mut longest = (LONGEST_POD_NAME - DIGEST - 1).min(name.len());
    while !name.is_char_boundary(longest) {
        longest -= 1;
    }
    name.truncate(longest);
    format!("{name}-{}", fnv_32a(node))
}

/// Finds the node of a pod. The pod's name and the node's id end with the same digest. The template's name may stand
/// between the Workflow's name and the digest.
pub fn node_of_pod<'a>(nodes: &'a Nodes, pod: &str) -> Option<&'a NodeStatus> {
    if let Some(node) = nodes.get(pod) {
        return Some(node);
    }
    let (_, digest) = pod.rsplit_once('-')?;
    let has_pod = |node: &&NodeStatus| matches!(node.kind, NodeKind::Pod | NodeKind::Container);
    let is_same = |node: &&NodeStatus| {
        let id = node.id.rsplit_once('-');
        id.is_some_and(|(_, of_node)| of_node == digest)
    };
    nodes.values().filter(has_pod).find(is_same)
}

/// The hash of `hash/fnv`, `New32a`.
fn fnv_32a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Makes the name of a task, a step or a container of a set: `OWNER.NAME` (`dag.go`, `steps.go`,
/// `container_set_template.go` of `workflow/controller`).
pub fn task_name(owner: &str, name: &str) -> String {
    format!("{owner}.{name}")
}

/// Makes the name of a group of steps, from 0: `OWNER[0]` (`workflow/controller/steps.go`).
pub fn step_group_name(owner: &str, index: u32) -> String {
    format!("{owner}[{index}]")
}

/// Makes the name of a loop's item, from 0: `OWNER(0:blue)`. Removes parentheses from the item's text
/// (`generateNodeName` of `workflow/controller/operator.go`).
pub fn item_name(owner: &str, index: u32, item: &str) -> String {
    let item = item.replace(['(', ')'], "");
    format!("{owner}({index}:{item})")
}

/// Makes the name of an attempt, from 0: `OWNER(0)` (`workflow/controller/operator.go`).
pub fn attempt_name(owner: &str, index: u32) -> String {
    format!("{owner}({index})")
}

/// Splits the name of an attempt, whole or as displayed, into the name of the retried node and the number of the
/// attempt, from 0. Leaves other names whole; the number of an item is followed by the item's text.
pub fn split_attempt(name: &str) -> (&str, Option<u32>) {
    let split = name
        .strip_suffix(')')
        .and_then(|rest| rest.rsplit_once('('))
        .and_then(|(before, number)| Some((before, number.parse().ok()?)));
    split.map_or((name, None), |(before, number)| (before, Some(number)))
}

/// Says whether a node's name is that of another node, or of a node inside it: an attempt, an item, a step or a task.
///
/// # Arguments
///
/// * `outer`: Name of the other node, with the same part of the path as `name`.
pub fn is_inside(name: &str, outer: &str) -> bool {
    let rest = name.strip_prefix(outer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(', '[']))
}

/// Makes the name of an exit handler: `OWNER.onExit` (`GenerateOnExitNodeName` of `workflow/common/util.go`).
pub fn exit_handler_name(owner: &str) -> String {
    format!("{owner}{EXIT_HANDLER}")
}

/// Makes the name of another hook: `OWNER.hooks.NAME` (`generateLifeHookNodeName` of `workflow/controller/hooks.go`).
pub fn hook_name(owner: &str, hook: &str) -> String {
    format!("{owner}{HOOKS}.{hook}")
}

const EXIT_HANDLER: &str = ".onExit";
const HOOKS: &str = ".hooks";

/// A part of a node's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// A task, a step, or a container of a set: `.fit`.
    Task(&'a str),
    /// A group of steps, from 0: `[0]`.
    StepGroup(u32),
    /// An item of a loop, from 0, and its text: `(0:blue)`.
    Item(u32, &'a str),
    /// An attempt, from 0: `(0)`.
    Attempt(u32),
    /// An exit handler: `.onExit`.
    ExitHandler,
    /// Another hook: `.hooks.NAME`.
    Hook(&'a str),
}

/// The name of a node, split into its parts.
///
/// A name can be ambiguous: a task may also have the name `onExit`. Then only the flags of the node tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeName<'a> {
    whole: &'a str,
    /// Each part, with the byte where it begins.
    parts: Vec<(usize, Part<'a>)>,
}

impl<'a> NodeName<'a> {
    /// Reads a name.
    ///
    /// # Returns
    ///
    /// None if the name does not belong to a node of this Workflow.
    pub fn read(whole: &'a str, workflow: &str) -> Option<Self> {
        let mut rest = whole.strip_prefix(workflow)?;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let at = whole.len() - rest.len();
            let (part, after) = next_part(rest)?;
            parts.push((at, part));
            rest = after;
        }
        Some(Self { whole, parts })
    }

    /// The parts, without the Workflow's name.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = Part<'a>> {
        self.parts.iter().map(|(_, part)| *part)
    }

    /// The name as Argo displays it: from the last task on, `fit(0:blue)`, `fit.onExit`. The whole name if it has no
    /// task, as for the first node.
    pub fn display(&self) -> &'a str {
        let mut parts = self.parts.iter().rev();
        let last = parts.find(|(_, part)| matches!(part, Part::Task(_) | Part::StepGroup(_)));
        match last {
            Some((at, Part::StepGroup(_))) => &self.whole[*at..],
            Some((at, _)) => &self.whole[at + 1..],
            None => self.whole,
        }
    }
}

/// Reads the first part of a name's rest, and gives the text after it.
fn next_part(rest: &str) -> Option<(Part<'_>, &str)> {
    if let Some(inside) = rest.strip_prefix('[') {
        let (index, after) = inside.split_once(']')?;
        return Some((Part::StepGroup(index.parse().ok()?), after));
    }
    if let Some(inside) = rest.strip_prefix('(') {
        // The text of an item contains no parentheses.
        let (inside, after) = inside.split_once(')')?;
        let part = match inside.split_once(':') {
            Some((index, item)) => Part::Item(index.parse().ok()?, item),
            None => Part::Attempt(inside.parse().ok()?),
        };
        return Some((part, after));
    }
    let (word, after) = word(rest)?;
    if word == &HOOKS[1..]
        && let Some((hook, after)) = self::word(after)
    {
        return Some((Part::Hook(hook), after));
    }
    let is_exit = word == &EXIT_HANDLER[1..];
    let part = if is_exit {
        Part::ExitHandler
    } else {
        Part::Task(word)
    };
    Some((part, after))
}

fn word(rest: &str) -> Option<(&str, &str)> {
    let inside = rest.strip_prefix('.')?;
    let end = inside.find(['.', '[', '(']).unwrap_or(inside.len());
    let (word, after) = inside.split_at(end);
    (!word.is_empty()).then_some((word, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_inside_another_at_the_end_of_a_part_alone() {
        for (name, is_in) in [
            ("w.a", true),
            ("w.a(0)", true),
            ("w.a(0:x)", true),
            ("w.a[0].b", true),
            ("w.a.b", true),
            ("w.ab", false),
            ("w", false),
            ("v.a", false),
        ] {
            assert_eq!(is_inside(name, "w.a"), is_in, "{name}");
        }
    }

    #[test]
    fn names_are_read_into_their_parts() {
        use Part::{Attempt, ExitHandler, Hook, Item, StepGroup, Task};
        for (name, parts, display) in [
            ("run.1", vec![], "run.1"),
            ("run.1.fit", vec![Task("fit")], "fit"),
            ("run.1(2)", vec![Attempt(2)], "run.1(2)"),
            ("run.1.fit(0)", vec![Task("fit"), Attempt(0)], "fit(0)"),
            (
                "run.1.fit(0:a.b[1]: c)(1)",
                vec![Task("fit"), Item(0, "a.b[1]: c"), Attempt(1)],
                "fit(0:a.b[1]: c)(1)",
            ),
            (
                "run.1.fit(12:depth:3,name:)",
                vec![Task("fit"), Item(12, "depth:3,name:")],
                "fit(12:depth:3,name:)",
            ),
            ("run.1[0]", vec![StepGroup(0)], "[0]"),
            (
                "run.1[0].tasks.fit",
                vec![StepGroup(0), Task("tasks"), Task("fit")],
                "fit",
            ),
            ("run.1.onExit", vec![ExitHandler], "run.1.onExit"),
            (
                "run.1.onExit[1].tell",
                vec![ExitHandler, StepGroup(1), Task("tell")],
                "tell",
            ),
            (
                "run.1.fit.onExit",
                vec![Task("fit"), ExitHandler],
                "fit.onExit",
            ),
            (
                "run.1.fit.hooks.late(0)",
                vec![Task("fit"), Hook("late"), Attempt(0)],
                "fit.hooks.late(0)",
            ),
            ("run.1.hooks", vec![Task("hooks")], "hooks"),
        ] {
            let read = NodeName::read(name, "run.1").unwrap();
            assert_eq!(read.parts().collect::<Vec<_>>(), parts, "{name}");
            assert_eq!(read.display(), display, "{name}");
        }
    }

    #[test]
    fn what_is_no_name_of_the_workflow_is_none() {
        for name in [
            "",
            "other.fit",
            "run.1x",
            "run.1.",
            "run.1..a",
            "run.1(x)",
            "run.1[0",
            "run.1(0",
        ] {
            assert_eq!(NodeName::read(name, "run.1"), None, "{name}");
        }
    }

    #[test]
    fn an_attempt_is_of_the_name_without_its_number() {
        for (name, expected) in [
            ("r", ("r", None)),
            ("r(1)", ("r", Some(1))),
            ("r.a(10)", ("r.a", Some(10))),
            ("r.a(2:b)", ("r.a(2:b)", None)),
            ("r.a(2:7)", ("r.a(2:7)", None)),
            ("r.a(2:b)(0)", ("r.a(2:b)", Some(0))),
            ("r.a(0).b", ("r.a(0).b", None)),
            ("r.a(x)", ("r.a(x)", None)),
            ("", ("", None)),
        ] {
            assert_eq!(split_attempt(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_made_is_read_back() {
        let workflow = "run";
        let fit = task_name(&step_group_name(workflow, 3), "fit");
        assert_eq!(fit, "run[3].fit");
        let name = attempt_name(&item_name(&fit, 7, "f(x): y"), 2);
        assert_eq!(name, "run[3].fit(7:fx: y)(2)");
        let parts = [
            Part::StepGroup(3),
            Part::Task("fit"),
            Part::Item(7, "fx: y"),
            Part::Attempt(2),
        ];
        let read = NodeName::read(&name, workflow).unwrap();
        assert_eq!(read.parts().collect::<Vec<_>>(), parts);
        for (name, last) in [
            (exit_handler_name(&fit), Part::ExitHandler),
            (hook_name(&fit, "late"), Part::Hook("late")),
        ] {
            let read = NodeName::read(&name, workflow).unwrap();
            assert_eq!(read.parts().next_back(), Some(last));
        }
    }

    #[test]
    fn pods_have_the_names_that_argo_gives_them() {
        for (workflow, node, template, pod) in [
            ("rc-dag", "rc-dag", "ok", "rc-dag"),
            ("rc-dag", "rc-dag.a", "ok", "rc-dag-ok-33284538"),
            ("rc-dag", "rc-dag.a", "", "rc-dag-33284538"),
        ] {
            assert_eq!(pod_name(workflow, node, template), pod);
        }
        let long = pod_name(&"w".repeat(60), "node", &"t".repeat(250));
        assert_eq!(long.rsplit_once('-').unwrap().0.len(), 242);
    }

    #[test]
    fn a_pod_is_of_the_node_whose_digest_it_has() {
        let node = |id: &str, kind: NodeKind| {
            let node = NodeStatus {
                id: id.to_owned(),
                kind,
                ..NodeStatus::default()
            };
            (id.to_owned(), node)
        };
        let nodes = Nodes::from([
            node("run", NodeKind::Dag),
            node("run-11", NodeKind::Retry),
            node("run-12", NodeKind::Pod),
            node("run-13", NodeKind::Pod),
        ]);
        let of = |pod: &str| node_of_pod(&nodes, pod).map(|node| node.id.as_str());
        for (pod, expected) in [
            ("run-fit-12", Some("run-12")),
            // Before 3.4, Argo gave pods this name.
            ("run-13", Some("run-13")),
            ("run-fit-a-lot-13", Some("run-13")),
            ("run-fit-11", None),
            ("run-fit-99", None),
        ] {
            assert_eq!(of(pod), expected, "{pod}");
        }
    }
}
