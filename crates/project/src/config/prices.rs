use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Prices of the resources that tasks ask for. A task is priced only if each resource that it asks for has a price.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Prices {
    /// Currency, shown after each amount. Default: none. Example: `EUR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub currency: Option<String>,
    /// Price of one core for one hour. Default: unknown. Example: `0.03`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Price")]
    pub cpu_hour: Option<Price>,
    /// Price of one GiB of memory for one hour. Default: unknown. Example: `0.004`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Price")]
    pub mem_gib_hour: Option<Price>,
    /// Price of one GPU for one hour. Default: unknown. Example: `2.5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Price")]
    pub gpu_hour: Option<Price>,
}

/// A price: a number of zero or more, in the currency of `prices`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(f64);

impl Price {
    /// Price as a number.
    pub fn amount(self) -> f64 {
        self.0
    }
}

impl JsonSchema for Price {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Price".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "a price: a number of zero or more, without quotes and without a currency",
            "type": "number",
            "minimum": 0
        })
    }
}
