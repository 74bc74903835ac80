//! Files that make an image differ from the last one.

use image::{BuiltFrom, Change, Context, Decision, ImageStep, Request};

use crate::error::CommandError;
use crate::render::words;
use crate::terminal::printer::Printer;

/// Number of changes to name if the user did not ask for them.
const NAMED: usize = 3;

/// Says what differs from the last image: everything if `why`, else one line if an image is to be built.
pub(crate) fn say(
    decision: &Decision,
    request: &Request,
    context: &Context,
    why: bool,
    printer: Printer,
) -> Result<(), CommandError> {
    if why && let Some((tool, file)) = context.version_from_git {
        printer.say(&format!(
            "{tool} takes the version of the project from Git ({file}), so .git is part of the image: each commit makes \
             another tag"
        ));
    }
    let is_built = decision.steps.contains(&ImageStep::Build) && !decision.is_fixed;
    let Some(state) = request.state.as_deref().filter(|_| why || is_built) else {
        return Ok(());
    };
    let last = match BuiltFrom::last(state) {
        Ok(Some(last)) => last,
        Ok(None) if why => {
            printer
                .say("no image was built on this machine before, so there is nothing to compare");
            return Ok(());
        }
        Ok(None) => return Ok(()),
        Err(error) => {
            printer.say(&format!(
                "cannot compare the files with the last image: {error}"
            ));
            return Ok(());
        }
    };
    let now = BuiltFrom::now(decision.image.to_string(), request, context)?;
    let changes = now.since(&last);
    if why {
        printer.say(&all(&last, &changes));
    } else if !changes.is_empty() {
        printer.say(&format!("since the last image: {}", first(&changes)));
    }
    Ok(())
}

/// Records what the existing image was built from. A failure to write is no error: only the next
/// comparison needs the record.
pub(crate) fn remember(decision: &Decision, request: &Request, context: &Context) {
    let Some(state) = request.state.as_deref() else {
        return;
    };
    let now = BuiltFrom::now(decision.image.to_string(), request, context);
    let _ = now.and_then(|now| now.save(state));
}

fn all(last: &BuiltFrom, changes: &[Change]) -> String {
    if changes.is_empty() {
        return format!("nothing has changed since the last image, {}", last.image);
    }
    let mut text = format!(
        "{} since the last image, {}:",
        words::count(changes.len(), "change"),
        last.image
    );
    for Change { what, name } in changes {
        let what = what.to_string();
        text.push_str(&format!("\n  {what:7}  {name}"));
    }
    text
}

fn first(changes: &[Change]) -> String {
    let named: Vec<String> = changes
        .iter()
        .take(NAMED)
        .map(|change| format!("{} {}", change.name, change.what))
        .collect();
    let more = match changes.len().saturating_sub(NAMED) {
        0 => String::new(),
        // After the build there is nothing left to compare.
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use image::Changed;

    use super::*;

    #[test]
    fn a_line_names_the_first_changes() {
        let change = |what, name: &str| Change {
            what,
            name: name.to_owned(),
        };
        let changes = [
            change(Changed::Changed, "a.py"),
            change(Changed::New, "b.py"),
            change(Changed::Gone, "c.py"),
            change(Changed::New, "d.py"),
        ];
        assert_eq!(first(&changes[..2]), "a.py changed, b.py new");
        assert_eq!(
            first(&changes),
            "a.py changed, b.py new, c.py gone and 1 more"
        );
    }
}
