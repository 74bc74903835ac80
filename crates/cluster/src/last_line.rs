//! Place at which a broken stream of output continues.

/// The last line: its timestamp, and the number of lines with the same one.
///
/// Kubernetes restarts at a whole second, so repeated lines have to be dropped.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct LastLine {
    stamp: Option<String>,
    of_that_moment: usize,
    /// Lines with that timestamp that the new stream has repeated so far.
    repeated: usize,
}

impl LastLine {
    pub(crate) fn is_none(&self) -> bool {
        self.stamp.is_none()
    }

    pub(crate) fn second(&self) -> Option<jiff::Timestamp> {
        let at: jiff::Timestamp = self.stamp.as_ref()?.parse().ok()?;
        jiff::Timestamp::from_second(at.as_second()).ok()
    }

    /// Takes a line with its timestamp; returns the line unless it is a repeated one. A line without a timestamp does
    /// not come from a container, and does not change the place.
    pub(crate) fn take(&mut self, line: &str, with_stamp: bool) -> Option<String> {
        let Some((stamp, text)) = split_stamp(line) else {
            return Some(line.to_owned());
        };
        match self.stamp.as_deref().map(|last| stamp.cmp(last)) {
            Some(std::cmp::Ordering::Less) => return None,
            Some(std::cmp::Ordering::Equal) => {
                self.repeated += 1;
                if self.repeated <= self.of_that_moment {
                    return None;
                }
                self.of_that_moment = self.repeated;
            }
            _ => {
                self.stamp = Some(stamp.to_owned());
                self.of_that_moment = 1;
                self.repeated = 1;
            }
        }
        Some(if with_stamp {
            line.to_owned()
        } else {
            text.to_owned()
        })
    }

    /// Prepares for a new stream.
    pub(crate) fn again(&mut self) {
        self.repeated = 0;
    }
}

/// Splits off the timestamp that Kubernetes puts before a line.
pub(crate) fn split_stamp(line: &str) -> Option<(&str, &str)> {
    let (stamp, text) = line.split_once(' ')?;
    stamp.parse::<jiff::Timestamp>().ok()?;
    Some((stamp, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_a_new_stream_repeats_are_left_out() {
        let mut last = LastLine::default();
        let first = [
            "2026-01-01T00:00:00.1Z a",
            "2026-01-01T00:00:00.2Z b",
            "2026-01-01T00:00:00.2Z c",
        ];
        let seen: Vec<_> = first
            .iter()
            .filter_map(|line| last.take(line, false))
            .collect();
        assert_eq!(seen, ["a", "b", "c"]);
        last.again();
        let second = [
            &first[..],
            &["2026-01-01T00:00:00.2Z d", "2026-01-01T00:00:01Z e"],
        ]
        .concat();
        let seen: Vec<_> = second
            .iter()
            .filter_map(|line| last.take(line, false))
            .collect();
        assert_eq!(seen, ["d", "e"]);
        let words = "unable to retrieve container logs";
        assert_eq!(last.take(words, false).unwrap(), words);
        assert_eq!(last.second().unwrap().to_string(), "2026-01-01T00:00:01Z");
        assert_eq!(
            last.take("2026-01-01T00:00:02Z f", true).unwrap(),
            "2026-01-01T00:00:02Z f"
        );
        assert_eq!(last.take("2026-01-01T00:00:03Z ", false).unwrap(), "");
    }
}
