use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A structure of Kubernetes or Argo, written as in their documentation, with keys in camelCase.
///
/// It goes into the manifest without changes, and `lint` checks its fields against Argo's schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Structure(pub Map<String, Value>);

impl JsonSchema for Structure {
    fn schema_name() -> Cow<'static, str> {
        "Structure".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "a mapping, as Kubernetes or Argo have it (camelCase)",
            "description": "A structure of Kubernetes or Argo, written as in their documentation, with keys in camelCase. It goes into the manifest without changes. `argo-kedro lint` checks its fields.",
            "type": "object"
        })
    }
}
