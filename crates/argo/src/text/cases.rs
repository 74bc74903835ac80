//! Cases for the languages in texts, one line of JSON each, and their answers.

use serde_json::{Map, Value as Json, json};

use super::expression::{Outside, Value, Variables, evaluate};
use super::tags::{Strict, Values, substitute};
use super::{condition, expression};

/// Answers a case: `{"expr": …}`, `{"template": …}` or `{"when": …}`, with the values of variables in `env`.
///
/// Whole numbers in `env` become Go ints. The answer is `{"ok": …}` or `{"err": …}`, without a line end.
pub fn answer(line: &str, outside: Outside) -> String {
    match answered(line, outside) {
        Ok(json) => format!("{{\"ok\":{json}}}"),
        Err(message) => json!({ "err": message }).to_string(),
    }
}

fn answered(line: &str, outside: Outside) -> Result<String, String> {
    let case: Map<String, Json> = serde_json::from_str(line)
        .map_err(|error| format!("the case is not an object of JSON: {error}"))?;
    let env = match case.get("env") {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(env)) => env.clone(),
        Some(_) => return Err("`env` is not an object".to_owned()),
    };
    let values = env
        .into_iter()
        .map(|(name, value)| (name, Value::of_json(value)));
    let text = |key: &str| case.get(key).and_then(Json::as_str);
    if let Some(text) = text("expr") {
        let value = evaluate(text, &Variables::of_argo(values).with(outside))
            .map_err(|error| error.to_string())?;
        return value
            .to_json()
            .map_err(|error: expression::Failure| error.to_string());
    }
    if let Some(text) = text("template") {
        let replaced = substitute(text, &Values::new(values).with(outside), Strict::No)
            .map_err(|error| error.to_string())?;
        return Value::text(replaced)
            .to_json()
            .map_err(|error| error.to_string());
    }
    if let Some(text) = text("when") {
        let holds = condition::holds(text).map_err(|error| error.to_string())?;
        return Ok(holds.to_string());
    }
    Err("the case has no text in `expr`, `template` or `when`".to_owned())
}
