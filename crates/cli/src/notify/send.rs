//! Message to one entry of `notify`.

use notification::Ending;
use project::config::Notify;

use super::channels;
use crate::terminal::printer::Printer;

/// Sends a message to one entry, and says whether that succeeded.
pub(super) async fn send(index: usize, entry: &Notify, ending: &Ending, printer: Printer) {
    let name = format!(
        "{} (entry {} of `notify`)",
        entry.channels().first().unwrap_or(&"nobody"),
        index + 1
    );
    let told = match channels::channel(index, entry, &channels::variable) {
        Ok(channel) => channel.tell(ending).await.map_err(|why| why.to_string()),
        Err(why) => Err(why),
    };
    match told {
        Ok(()) => printer.say(&format!("told {name}")),
        Err(why) => printer.important(&format!("warning: could not tell {name}: {why}")),
    }
}
