//! No text makes a reader panic, whatever is in it.

use argo::text::condition::holds;
use argo::text::expression::{Value, Variables, evaluate};
use argo::text::tags::{Strict, Values, pieces, substitute};
use argo::time::{Duration, Time, Zone};
use proptest::prelude::*;

/// Parts that the languages are made of, and others.
fn parts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(vec![
            "{{", "}}", "{{=", "(", ")", "[", "]", "'", "\"", "\\", "==", "=~", "&&", "||", "?", ":", "??", "?.", ",",
            "in", "not", "let x = ", ";", "#", "..", "**", "-", "!", ".", "sprig.", "now()", "date(", "true", "nil",
            "1", "0x", "1e9", "a", "item", "map(", "{", "}", " ", "\n", "é", "\u{2028}", "\u{0}", "|", "if ", "2006",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn values() -> Values {
    Values::new([
        ("a".to_owned(), Value::text("b")),
        ("inputs.parameters.x".to_owned(), Value::text("[1, \"2\"]")),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conditions(text in parts()) {
        let _ = holds(&text);
    }

    #[test]
    fn expressions(text in parts()) {
        let _ = evaluate(&text, &Variables::of_argo([("a".to_owned(), Value::text("b"))]));
    }

    #[test]
    fn tags(text in parts()) {
        let _ = substitute(&text, &values(), Strict::All);
        // Pieces hold the whole text.
        let size: usize = pieces(&text)
            .map(|piece| match piece {
                Ok(argo::text::tags::Piece::Text(text)) => text.len(),
                Ok(argo::text::tags::Piece::Tag { inside, .. }) => inside.len() + 4,
                Err(unclosed) => text.len() - unclosed.start,
            })
            .sum();
        prop_assert_eq!(size, text.len());
    }

    #[test]
    fn times(layout in parts(), text in any::<String>()) {
        let _ = Time::parse(&layout, &text, &Zone::Utc);
        let _ = Duration::parse(&text);
        if let Some(time) = Time::of_seconds(1_700_000_000) {
            let _ = time.format(&layout);
        }
    }
}
