//! Functions of expressions, mostly sprig's: the calls of the tables, and any function with any arguments.

use argo::text::expression::{Outside, Value, Variables, evaluate};

use crate::first_columns;
use crate::languages::read_expression;
use crate::trial::{Random, read_made, read_texts};

/// Functions that are slow on purpose.
const SLOW: [&str; 2] = ["bcrypt", "htpasswd"];

/// Arguments for the functions.
const ARGUMENTS: &[&str] = &[
    "text",
    "other",
    "''",
    "'a,b'",
    "'€'",
    "'1.2.3'",
    "'http://u:p@[::1]:80/%41?q#f'",
    "'2006-01-02'",
    "'YQ=='",
    "'%'",
    "'[a-'",
    "'{\"a\": [1, {}]}'",
    "0",
    "1",
    "-1",
    "3",
    "40",
    "100000",
    "9223372036854775807",
    "-9223372036854775807 - 1",
    "0.5",
    "1e300",
    "-1e300",
    "0 / 0.0",
    "1 / 0.0",
    "nil",
    "true",
    "[]",
    "[1, 'a', nil]",
    "[[1], {a: 2}]",
    "{}",
    "{a: {b: 1}}",
    "sprig.split(',', 'a')",
    "sprig.splitList(',', 'b,a')",
    "sprig.until(3)",
    "b'ab'",
    "1..3",
    "sprig.semver('1.2.3')",
    "date('2024-02-29')",
    "duration('1h')",
    "groupBy([1], #)",
    "fromPairs([[1, 2]])",
    "sprig.repeat(1000, text)",
    "now()",
    "timezone('Europe/Berlin')",
    "sprig.dict('a', 1)",
    "sprig.b64dec('/w==')",
];

/// Names of functions: those of expr-lang and Argo, and `sprig.NAME`.
fn names() -> Vec<String> {
    let names = evaluate("toJSON(keys(sprig))", &Variables::of_argo([])).unwrap();
    let names: Vec<String> = serde_json::from_str(names.as_text().unwrap()).unwrap();
    let sprig = names.iter().filter(|name| !SLOW.contains(&name.as_str()));
    let others = [
        "abs",
        "all",
        "any",
        "asFloat",
        "asInt",
        "bitand",
        "bitnot",
        "bitor",
        "bitshl",
        "bitshr",
        "bitushr",
        "bitxor",
        "ceil",
        "concat",
        "count",
        "date",
        "duration",
        "filter",
        "find",
        "findIndex",
        "first",
        "flatten",
        "float",
        "floor",
        "fromBase64",
        "fromJSON",
        "fromPairs",
        "get",
        "groupBy",
        "hasPrefix",
        "hasSuffix",
        "indexOf",
        "int",
        "join",
        "jsonpath",
        "keys",
        "last",
        "lastIndexOf",
        "len",
        "lower",
        "map",
        "max",
        "mean",
        "median",
        "min",
        "none",
        "now",
        "one",
        "reduce",
        "repeat",
        "replace",
        "reverse",
        "round",
        "sort",
        "sortBy",
        "split",
        "splitAfter",
        "string",
        "sum",
        "take",
        "timezone",
        "toBase64",
        "toJSON",
        "toJson",
        "toPairs",
        "trim",
        "trimPrefix",
        "trimSuffix",
        "type",
        "uniq",
        "upper",
        "values",
    ];
    let others = others.iter().map(|name| (*name).to_owned());
    sprig
        .map(|name| format!("sprig.{name}"))
        .chain(others)
        .collect()
}

fn variables(text: &str) -> Variables {
    let variables = [("text", text), ("other", "2024-02-29T10:00:00Z")];
    Variables::of_argo(variables.map(|(name, text)| (name.to_owned(), Value::text(text)))).with(
        Outside {
            now: jiff::Timestamp::UNIX_EPOCH,
            seed: 1,
        },
    )
}

#[test]
fn calls_of_the_tables() {
    let tables = [
        include_str!("../tables/sprig_dates.txt"),
        include_str!("../tables/sprig_lists.txt"),
        include_str!("../tables/sprig_numbers.txt"),
        include_str!("../tables/sprig_others.txt"),
        include_str!("../tables/sprig_texts.txt"),
        include_str!("../tables/jsonpath.txt"),
    ];
    let mut seeds: Vec<&str> = tables
        .iter()
        .flat_map(|table| first_columns(table, "  =>  "))
        .collect();
    seeds.retain(|seed| !SLOW.iter().any(|name| seed.contains(name)));
    let variables = variables("text");
    read_texts("calls", &seeds, |text| read_expression(text, &variables));
}

#[test]
fn calls_with_any_arguments() {
    let names = names();
    let call = |random: &mut Random| {
        let name = random.one(&names);
        let arguments: Vec<&str> = (0..random.below(5))
            .map(|_| *random.one(ARGUMENTS))
            .collect();
        if random.below(4) == 0 && !arguments.is_empty() {
            let other = random.one(&names);
            return format!(
                "{name}({other}({}), {})",
                arguments[0],
                arguments[1..].join(", ")
            );
        }
        format!("{name}({})", arguments.join(", "))
    };
    let variables = variables("Héllo, wörld_2-x.y\n<&>\u{2028}");
    read_made("arguments", call, |text| read_expression(text, &variables));
}
