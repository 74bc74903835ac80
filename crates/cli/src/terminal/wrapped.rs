//! Text in lines that fit a terminal, broken between words.

use console::measure_text_width;

/// Beginnings of a command, with the space after them.
const PROGRAMS: [&str; 2] = ["argo-kedro ", "kedro argo "];

/// Breaks a text between words. Lines that fit stay as they are.
///
/// Texts to copy stay on one line, if they fit: those between backticks, and a command after a colon.
///
/// # Arguments
///
/// * `width`: Columns of a line. A longer word has its own line.
/// * `indent`: Beginning of each continued line.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let lines = text.split('\n').map(|line| {
        if measure_text_width(line) <= width {
            line.to_owned()
        } else {
            broken(line, width, indent)
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn broken(line: &str, width: usize, indent: &str) -> String {
    let own = &line[..line.len() - line.trim_start_matches(' ').len()];
    let room = width.saturating_sub(own.len() + indent.len());
    let mut text = own.to_owned();
    let mut used = own.len();
    for (gap, word) in words(line, room) {
        let columns = measure_text_width(word);
        if used > own.len() && used + gap + columns > width {
            text.push('\n');
            text.push_str(own);
            text.push_str(indent);
            used = own.len() + indent.len();
        } else if used > own.len() {
            text.extend(std::iter::repeat_n(' ', gap));
            used += gap;
        }
        text.push_str(word);
        used += columns;
    }
    text
}

/// Splits a line into words and texts to copy that fit a line, each with the number of spaces before it.
fn words(line: &str, room: usize) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut left = line.trim_end_matches(' ');
    let mut after_colon = false;
    loop {
        let rest = left.trim_start_matches(' ');
        if rest.is_empty() {
            return words;
        }
        let gap = left.len() - rest.len();
        let to_copy = if after_colon && PROGRAMS.iter().any(|name| rest.starts_with(name)) {
            Some(rest.find([';', ',']).map_or(rest.len(), |end| end + 1))
        } else {
            quoted(rest)
        };
        let word = rest.find(' ').unwrap_or(rest.len());
        let end = to_copy
            .filter(|end| measure_text_width(&rest[..*end]) <= room)
            .map_or(word, |end| end.max(word));
        words.push((gap, &rest[..end]));
        after_colon = rest[..end].ends_with(':');
        left = &rest[end..];
    }
}

/// Finds the end of a text between backticks, if one begins in the next word.
fn quoted(text: &str) -> Option<usize> {
    let word = text.find(' ').unwrap_or(text.len());
    let opened = text[..word].find('`')? + 1;
    let closed = opened + text[opened..].find('`')? + 1;
    let after = text[closed..].find(' ');
    Some(after.map_or(text.len(), |after| closed + after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, width: usize) -> Vec<String> {
        let text = wrapped(text, width, "  ");
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn no_word_is_broken_and_no_line_is_longer_than_the_terminal() {
        let text = "dataset `arrival_model` crosses tasks and is on local disk";
        assert_eq!(
            lines(text, 30),
            [
                "dataset `arrival_model`",
                "  crosses tasks and is on",
                "  local disk"
            ]
        );
        for width in 20..80 {
            let lines = lines(text, width);
            assert!(
                lines.iter().all(|line| line.chars().count() <= width),
                "{lines:?}"
            );
            let words = lines.iter().flat_map(|line| line.split_whitespace());
            assert_eq!(words.collect::<Vec<_>>().join(" "), text);
        }
    }

    #[test]
    fn what_is_copied_stays_on_one_line_if_it_fits() {
        let text = "a bucket, which this makes: argo-kedro init --cloud s3://BUCKET/FOLDER";
        let command = "  argo-kedro init --cloud s3://BUCKET/FOLDER";
        assert_eq!(lines(text, 50)[1], command);
        assert_eq!(
            lines(text, 30)[1..],
            ["  argo-kedro init --cloud", "  s3://BUCKET/FOLDER"]
        );
        assert_eq!(
            lines("run it in the folder (`make all wheels`), then", 24),
            ["run it in the folder", "  (`make all wheels`),", "  then"]
        );
    }

    #[test]
    fn lines_that_fit_and_the_first_spaces_of_a_line_stay() {
        let text = "one\n  two  and\n    three and four and";
        assert_eq!(
            lines(text, 16),
            ["one", "  two  and", "    three and", "      four and"]
        );
        assert_eq!(
            lines("✗ fit     8.0s  ValueError: no", 20),
            ["✗ fit     8.0s", "  ValueError: no"]
        );
    }

    #[test]
    fn a_word_that_is_too_long_has_a_line_of_its_own() {
        let long = "x".repeat(90);
        assert_eq!(
            lines(&format!("a {long} b"), 40),
            ["a".to_owned(), format!("  {long}"), "  b".to_owned()]
        );
        assert_eq!(wrapped("", 40, ""), "");
    }

    #[test]
    fn colours_take_no_room_and_wide_letters_take_two() {
        assert_eq!(
            lines("\u{1b}[31mred\u{1b}[0m and blue", 12),
            ["\u{1b}[31mred\u{1b}[0m and blue"]
        );
        assert_eq!(lines("数据集 数据集", 12), ["数据集", "  数据集"]);
    }
}
