//! All matches of a pattern in a text, and the number of bytes that the searches read.
//!
//! A search may read far beyond the end of its match: `x*y|x` in a text of `x` reads the whole rest for each match of
//! one letter. The library does not tell how far it read, so an automaton of the same pattern repeats the search.

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::meta::FindMatches;
use regex_automata::nfa::thompson;
use regex_automata::{Anchored, Input, Match, MatchKind};

use super::pattern::{MOST_SIZE, Pattern};

/// Number of bytes below which nothing is measured, even if each search reads the whole rest.
const FREE: usize = 1 << 20;
/// Steps for each byte that a search reads: one for the library, one for the measurement.
const STEPS_OF_BYTE: usize = 2;

/// Iterator over the matches of a pattern in a text. `spend` counts the steps of each search, and fails if there are
/// too many.
pub(super) struct Matches<'p, 't, S> {
    found: FindMatches<'p, 't>,
    pattern: &'p Pattern,
    text: &'t str,
    /// Byte at which the next search starts.
    start: usize,
    /// Upper bound of the bytes that all searches read.
    most: usize,
    automaton: Option<Automaton>,
    spend: S,
}

/// The automaton that repeats a search; none if the library cannot build one.
struct Automaton(Option<(DFA, Cache)>);

impl<'p, 't, S> Matches<'p, 't, S> {
    pub(super) fn new(pattern: &'p Pattern, text: &'t str, spend: S) -> Self {
        Self {
            found: pattern.regex.find_iter(text),
            pattern,
            text,
            start: 0,
            most: 0,
            automaton: None,
            spend,
        }
    }

    /// Number of bytes that the next search reads.
    fn looked_at(&mut self) -> usize {
        let left = self.text.len().saturating_sub(self.start);
        self.most = self.most.saturating_add(left);
        if self.most <= FREE {
            return 0;
        }
        let pattern = self.pattern;
        let automaton = self
            .automaton
            .get_or_insert_with(|| Automaton::new(pattern));
        automaton.looked_at(self.text, self.start).unwrap_or(left)
    }
}

impl<E, S: FnMut(usize) -> Result<(), E>> Iterator for Matches<'_, '_, S> {
    type Item = Result<Match, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let steps = STEPS_OF_BYTE * self.looked_at();
        if let Err(error) = (self.spend)(steps) {
            return Some(Err(error));
        }
        let found = self.found.next()?;
        self.start = found.end();
        Some(Ok(found))
    }
}

impl Automaton {
    fn new(pattern: &Pattern) -> Self {
        let automaton = DFA::builder()
            .configure(DFA::config().match_kind(MatchKind::LeftmostFirst))
            .thompson(thompson::Config::new().nfa_size_limit(Some(MOST_SIZE)))
            .build(&pattern.translated);
        Self(automaton.ok().map(|automaton| {
            let cache = automaton.create_cache();
            (automaton, cache)
        }))
    }

    /// Number of bytes that a search from `start` reads, until no longer match is possible; none if that is unknown.
    fn looked_at(&mut self, text: &str, start: usize) -> Option<usize> {
        let (automaton, cache) = self.0.as_mut()?;
        let place = Input::new(text).range(start..).anchored(Anchored::No);
        let mut state = automaton.start_state_forward(cache, &place).ok()?;
        let rest = text.as_bytes().get(start..)?;
        for (number, byte) in rest.iter().enumerate() {
            state = automaton.next_state(cache, state, *byte).ok()?;
            if state.is_dead() {
                return Some(number + 1);
            }
            if state.is_quit() {
                return None;
            }
        }
        Some(rest.len())
    }
}
