//! Memoized results, which replace a run of a template (`workflow/controller/cache`).

use argo::status::{MemoizationStatus, NodeKind, Outputs, Phase};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::call::{CallError, CallId};
use super::documents::{TemplateNodeKind, kind};
use super::limits::later;
use super::operation::Operation;

/// A memoized result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Remembered {
    /// Id of the node that produced it.
    #[serde(rename = "nodeID")]
    pub node: String,
    /// Outputs of the node.
    pub outputs: Option<Outputs>,
    /// Time at which the result was stored.
    pub creation_timestamp: Option<Timestamp>,
}

impl Operation {
    /// Looks up the result of a call in the cache, and says whether that ends the call.
    ///
    /// # Errors
    ///
    /// The template's `maxAge` cannot be read.
    pub(super) fn look_up(&mut self, call: CallId) -> Result<bool, CallError> {
        let template = self.calls[call].template.clone();
        let Some(memoize) = &template.memoize else {
            return Ok(false);
        };
        if !is_key(&memoize.key) {
            return Err(CallError::Other(format!(
                "invalid cache key: {}",
                memoize.key
            )));
        }
        let cache = cache_of(&template);
        let found = self
            .cache
            .get(&cache)
            .and_then(|keys| keys.get(&memoize.key));
        let mut found = found.cloned();
        if !memoize.max_age.is_empty() {
            let Some(age) = argo::time::Duration::parse(&memoize.max_age) else {
                let error = format!(
                    "invalid maxAge: time: invalid duration {:?}",
                    memoize.max_age
                );
                return Err(CallError::Other(error));
            };
            let now = self.now;
            found = found.filter(|found| {
                let created = found.creation_timestamp;
                created.is_some_and(|created| later(created, age) >= now)
            });
        }
        let Some(found) = found else {
            return Ok(false);
        };
        let of = match kind(&template) {
            _ if self.has_tries(&template) => NodeKind::Retry,
            Some(TemplateNodeKind::Dag) => NodeKind::Dag,
            Some(TemplateNodeKind::Steps) => NodeKind::Steps,
            Some(TemplateNodeKind::Suspend) => NodeKind::Suspend,
            _ => NodeKind::Pod,
        };
        let id = self.node_of_call(call, of, Phase::Pending);
        if let Some(node) = self.node_mut(&id) {
            node.outputs = found.outputs;
            if let Some(status) = &mut node.memoization_status {
                status.hit = true;
            }
        }
        self.mark(&id, Phase::Succeeded, None);
        self.mark_over(call);
        Ok(true)
    }

    /// Marks the node of a call as one whose result may be memoized.
    pub(super) fn set_memoization(&mut self, call: CallId) {
        let template = self.calls[call].template.clone();
        let Some(memoize) = &template.memoize else {
            return;
        };
        let id = self.calls[call].id.clone();
        if let Some(node) = self.node_mut(&id) {
            node.memoization_status = Some(MemoizationStatus {
                hit: false,
                key: memoize.key.clone(),
                cache_name: cache_of(&template),
            });
        }
    }

    /// Stores the result of a successful call.
    pub(super) fn remember(&mut self, call: CallId) {
        let Some(node) = self.node(&self.calls[call].id) else {
            return;
        };
        let Some(status) = node.memoization_status.clone() else {
            return;
        };
        let entry = Remembered {
            node: node.id.clone(),
            outputs: node.outputs.clone(),
            creation_timestamp: Some(self.now),
        };
        let cache = self.cache.entry(status.cache_name.clone()).or_default();
        cache.insert(status.key.clone(), entry);
        self.changes
            .remembered
            .insert((status.cache_name, status.key));
    }

    /// Finds a memoized result.
    pub(crate) fn remembered(&self, cache: &str, key: &str) -> Option<&Remembered> {
        self.cache.get(cache)?.get(key)
    }
}

fn cache_of(template: &argo::spec::Template) -> String {
    let cache = template
        .memoize
        .as_ref()
        .and_then(|memoize| memoize.cache.as_ref());
    let map = cache.and_then(|cache| cache.config_map.as_ref());
    map.map_or_else(String::new, |map| map.name.clone())
}

/// Says whether a text is valid as the key of a result (`cacheKeyRegex` of `workflow/controller/cache`).
fn is_key(text: &str) -> bool {
    let mut letters = text.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}
