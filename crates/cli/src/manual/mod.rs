//! Manual pages: the text of the arguments, and the sections that they lack.

#[cfg(test)]
mod documentation;
mod examples;
mod sections;

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

/// Section of the manual for commands.
const SECTION: &str = "1";

/// One manual page.
pub(crate) struct Page {
    /// Name of its file, e.g. `argo-kedro-run.1`.
    pub(crate) file: String,
    /// Text of the page in roff.
    pub(crate) text: Vec<u8>,
}

/// Pages of the program and of each command that its help shows; the program's page comes first.
///
/// # Errors
///
/// A page cannot be written; a write into memory never fails.
pub(crate) fn pages(program: Command) -> io::Result<Vec<Page>> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let mut pages = Vec::new();
    add(&program, &program, &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, program: &Command, pages: &mut Vec<Page>) -> io::Result<()> {
    pages.push(page(command, program)?);
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
    {
        add(below, program, pages)?;
    }
    Ok(())
}

fn page(command: &Command, program: &Command) -> io::Result<Page> {
    let version = program.get_version().unwrap_or_default();
    let source = format!("{} {version}", program.get_name());
    let man = Man::new(command.clone()).section(SECTION).source(source);
    let is_program = command.get_name() == program.get_name();
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    let mut roff = Roff::new();
    synopsis(&mut roff, command);
    description(&mut roff, command);
    roff.to_writer(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let mut roff = Roff::new();
    sections::examples(&mut roff, command);
    sections::exit_status(&mut roff);
    if is_program {
        sections::environment(&mut roff);
        sections::files(&mut roff);
    }
    sections::see_also(&mut roff, command, program);
    roff.to_writer(&mut text)?;
    Ok(Page {
        file: man.get_filename(),
        text,
    })
}

/// Writes the usage as `--help` shows it. `clap_mangen` would name each option, and `run` has thirty.
fn synopsis(roff: &mut Roff, command: &Command) {
    let usage = command.clone().render_usage().to_string();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([roman(usage.trim_start_matches("Usage: ").trim())]);
}

/// Writes the long text of the help. Indented lines, and those before them, stay as they are.
fn description(roff: &mut Roff, command: &Command) {
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    roff.control("SH", ["DESCRIPTION"]);
    for (index, paragraph) in about.split("\n\n").enumerate() {
        if index > 0 {
            roff.control("PP", []);
        }
        let is_listing = paragraph.lines().any(|line| line.starts_with(' '));
        if is_listing {
            roff.control("nf", []);
        }
        for line in paragraph.lines() {
            roff.text([roman(line)]);
        }
        if is_listing {
            roff.control("fi", []);
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::arguments::Arguments;

    fn text_of(file: &str) -> String {
        let page = pages(Arguments::command())
            .unwrap()
            .into_iter()
            .find(|page| page.file == file);
        String::from_utf8(page.unwrap().text).unwrap()
    }

    #[test]
    fn each_page_says_how_the_command_ends_and_where_to_read_on() {
        let pages = pages(Arguments::command()).unwrap();
        assert_eq!(pages[0].file, "argo-kedro.1");
        for page in pages {
            let text = String::from_utf8(page.text).unwrap();
            for section in [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "\"EXIT STATUS\"",
                "\"SEE ALSO\"",
            ] {
                let heading = format!(".SH {section}\n");
                assert_eq!(
                    text.matches(&heading).count(),
                    1,
                    "{}: {section}",
                    page.file
                );
            }
            let title = text.lines().find(|line| line.starts_with(".TH")).unwrap();
            assert!(title.contains(env!("CARGO_PKG_VERSION")), "{title}");
        }
    }

    #[test]
    fn the_page_of_the_program_says_what_it_reads() {
        let page = text_of("argo-kedro.1");
        for word in [
            ".SH ENVIRONMENT",
            ".SH FILES",
            "ARGO_KEDRO_USE_PYTHON",
            "ARGO_KEDRO_STATE",
            "KUBECONFIG",
        ] {
            assert!(page.contains(word), "{word}");
        }
    }

    #[test]
    fn a_synopsis_is_short_and_the_lines_of_a_listing_stay_apart() {
        let page = text_of("argo-kedro-completion.1");
        assert!(
            page.contains(".SH SYNOPSIS\nargo\\-kedro completion [OPTIONS] <SHELL>\n"),
            "{page}"
        );
        let listing = page
            .split(".nf\n")
            .nth(1)
            .unwrap()
            .split(".fi")
            .next()
            .unwrap();
        assert_eq!(listing.lines().count(), 6, "{listing}");
    }
}
