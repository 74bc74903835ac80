//! Builds and pushes an image, and shows the steps to the user.

use image::{Access, Cancel, Context, Decision, Ensured, ImageStep, Line, Request};
use indicatif::ProgressBar;

use crate::error::CommandError;
use crate::image::changes;
use crate::terminal::printer::Printer;

/// Things that the steps work with.
pub(crate) struct Work<'a> {
    pub(crate) request: &'a Request,
    pub(crate) context: &'a Context,
    pub(crate) access: &'a Access,
    pub(crate) cancel: &'a Cancel,
}

impl Work<'_> {
    /// Carries out a decision and shows its progress.
    pub(crate) async fn carry_out(
        &self,
        decision: &Decision,
        logs: bool,
        printer: Printer,
    ) -> Result<Ensured, CommandError> {
        let mut steps = Steps::new(decision, logs, printer);
        let progress = &mut |line: Line<'_>| steps.take(line);
        let ensured = image::carry_out(
            decision,
            self.request,
            self.context,
            self.access,
            progress,
            self.cancel,
        )
        .await;
        steps.end();
        let ensured = ensured?;
        changes::remember(decision, self.request, self.context);
        Ok(ensured)
    }
}

/// Says which image exists and what happens next, or would happen in a dry run.
pub(crate) fn announce(decision: &Decision, dry_run: bool, printer: Printer) {
    if let Some(reason) = &decision.presence.unanswered {
        printer.say(&format!("{reason}; the build continues without that"));
    }
    if decision.steps.is_empty() {
        let place = match (&decision.presence.registry, decision.presence.store) {
            (Some(_), true) => "in its registry and on this machine",
            (Some(_), false) => "in its registry",
            (None, _) => "on this machine",
        };
        printer.say(&format!("up to date: the image is {place}"));
        return;
    }
    if decision.is_fixed
        && let Some(tag) = &decision.image.tag
    {
        printer.say(&format!(
            "the tag `{tag}` does not depend on the files, so the image is built every time"
        ));
    }
    let steps: Vec<&str> = decision.steps.iter().map(|step| word(*step)).collect();
    let builder = decision.builder.as_ref().map(image::Builder::kind);
    let with = builder.map_or_else(String::new, |kind| format!(" with {kind}"));
    let would = if dry_run { "would " } else { "" };
    let steps = steps.join(if dry_run { " and " } else { ", " });
    printer.say(&format!("{would}{steps} {}{with}", decision.image));
}

/// A step in a word.
pub(crate) fn word(step: ImageStep) -> &'static str {
    match step {
        ImageStep::Build => "build",
        ImageStep::Push => "push",
        ImageStep::Pull => "pull",
    }
}

/// Display of the steps: on a terminal the last line of each, else a line when each ends.
struct Steps {
    printer: Printer,
    bar: ProgressBar,
    logs: bool,
    doing: &'static str,
}

impl Steps {
    fn new(decision: &Decision, logs: bool, printer: Printer) -> Self {
        let bar = if logs || decision.steps.is_empty() {
            ProgressBar::hidden()
        } else {
            printer.spinner("")
        };
        Self {
            printer,
            bar,
            logs,
            doing: "",
        }
    }

    fn take(&mut self, line: Line<'_>) {
        match line {
            Line::ImageStep(step) => {
                self.doing = match step {
                    ImageStep::Build => "building",
                    ImageStep::Push => "pushing",
                    ImageStep::Pull => "pulling",
                };
                self.bar.set_message(self.doing);
            }
            Line::Output(text) if self.logs => self.printer.say_as_it_is(text),
            Line::Output(text) => {
                let columns = self.printer.width_of_messages().unwrap_or_default();
                let room = usize::from(columns).saturating_sub(self.doing.len() + 6);
                let text: String = text
                    .chars()
                    .filter(|letter| !letter.is_control())
                    .take(room)
                    .collect();
                self.bar.set_message(format!("{} · {text}", self.doing));
            }
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}
