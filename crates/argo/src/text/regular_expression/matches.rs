//! All matches of a pattern in a text, and the bytes that are looked at to find them.
//!
//! A search may look far behind the end of its match: `x*y|x` in a text of `x` looks at all that is left, for each
//! match of one letter. The library does not say how far it looked, so an automaton of the same pattern goes the same
//! way once more.

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::meta::FindMatches;
use regex_automata::nfa::thompson;
use regex_automata::{Anchored, Input, Match, MatchKind};

use super::pattern::{MOST_SIZE, Pattern};

/// Bytes up to which nobody measures: if each search looks at all that is left, it is not more.
const FREE: usize = 1 << 20;
/// Steps for a byte that a search looks at, once by the library and once to measure it.
const STEPS_OF_BYTE: usize = 2;

/// Matches of a pattern in a text, one after the other. `spend` takes the steps that it took to find each, and says
/// whether that was too much.
pub(super) struct Matches<'p, 't, S> {
    found: FindMatches<'p, 't>,
    pattern: &'p Pattern,
    text: &'t str,
    /// Place from which the next search goes on.
    start: usize,
    /// Bytes that all searches together looked at, at the most.
    most: usize,
    automaton: Option<Automaton>,
    spend: S,
}

/// The automaton that goes the way of a search, where the library can make one.
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

    /// Bytes that the next search looks at.
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

    /// Bytes that a search from a place looks at: until no longer match can come. `None` if nobody knows.
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
