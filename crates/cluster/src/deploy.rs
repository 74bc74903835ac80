//! Deployments create or change an object, but never discard somebody else's change in between.
//!
//! An annotation of the object holds the packed last deployment. A deployment replaces the whole object under the
//! compared version: a change in between is a conflict, not lost.

use std::io::Write as _;

use argo::status::packed;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::merge::{Clash, merge};
use crate::{Cluster, ClusterError, Created, DryRun, Object};

/// Annotation with the last deployment: JSON, gzip, base64.
const LAST_APPLIED: &str = "argo-kedro/last-applied";
/// Annotations with the origin of a manifest: they alone are no change.
const ORIGIN: [&str; 2] = ["argo-kedro/git-commit", "argo-kedro/git-dirty"];
/// Maximum size of [`LAST_APPLIED`] in bytes: all annotations together may have 256 KiB (`ValidateAnnotationsSize` of
/// Kubernetes).
const LARGEST: usize = 200 * 1024;

/// Current, last deployed, and new version of an object. Each has only `spec`, and `metadata` with labels and
/// annotations.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Current object on the cluster; none if there is none.
    pub live: Option<Value>,
    /// Object as last deployed; none if that is unknown.
    pub last_applied: Option<Value>,
    /// New object for the cluster.
    pub merged: Value,
    /// Fields that somebody else changed, and that the deployment changes back.
    pub clashes: Vec<Clash>,
    compiled: Value,
    object: Option<Value>,
}

impl Comparison {
    /// Compares a manifest with the object of its name, if there is one. `overwrite` discards changes of others.
    pub fn new(object: Option<Value>, manifest: &Value, overwrite: bool) -> Self {
        // Argo keeps titles in annotations, and this deployment may write them.
        let compiled = view(manifest, Some(manifest));
        let live = object.as_ref().map(|object| view(object, Some(&compiled)));
        let last_applied = object.as_ref().and_then(read_last_applied);
        let (merged, clashes) = match (&last_applied, &live) {
            (Some(last_applied), Some(live)) if !overwrite => merge(last_applied, live, &compiled),
            _ => (compiled.clone(), Vec::new()),
        };
        Self {
            live,
            last_applied,
            merged,
            clashes,
            compiled,
            object,
        }
    }

    /// Says whether the object does not exist yet.
    pub fn is_new(&self) -> bool {
        self.live.is_none()
    }

    /// Says whether the object is up to date.
    pub fn is_unchanged(&self) -> bool {
        let there = self.live.as_ref();
        there.is_some_and(|there| without_origin(there) == without_origin(&self.merged))
    }

    /// Says whether the object differs and was not created by `deploy`, so that the author of a change is unknown.
    pub fn is_of_unknown_origin(&self) -> bool {
        self.live.is_some() && self.last_applied.is_none() && !self.is_unchanged()
    }

    /// Says whether somebody else changed the object since its last deployment.
    pub fn was_changed_by_others(&self) -> bool {
        matches!((&self.last_applied, &self.live), (Some(last), Some(there)) if last != there)
    }

    /// Object to send: the compiled one, with the changes of others, and the annotation of the deployment.
    ///
    /// # Errors
    ///
    /// The annotation cannot be written.
    pub fn object(&self, manifest: &Value) -> Result<Value, ClusterError> {
        let mut object = self.object.clone().unwrap_or_else(|| manifest.clone());
        let hidden = |of: &str| -> Map<String, Value> {
            let all = object["metadata"][of].as_object().cloned();
            let hidden = all.unwrap_or_default().into_iter();
            hidden
                .filter(|(key, _)| is_hidden(key) && self.object.is_some())
                .collect()
        };
        let (mut labels, mut annotations) = (hidden("labels"), hidden("annotations"));
        for (own, of) in [(&mut labels, "labels"), (&mut annotations, "annotations")] {
            own.extend(
                self.merged["metadata"][of]
                    .as_object()
                    .cloned()
                    .unwrap_or_default(),
            );
        }
        annotations.remove(LAST_APPLIED);
        if let Some(text) = pack(&self.compiled)? {
            annotations.insert(LAST_APPLIED.to_owned(), text.into());
        }
        object["metadata"]["labels"] = labels.into();
        object["metadata"]["annotations"] = annotations.into();
        // Send a new object exactly as it is compiled.
        if self.object.is_some() {
            object["spec"] = self.merged["spec"].clone();
        }
        Ok(object)
    }
}

impl Cluster {
    /// Creates or changes an object after a comparison.
    ///
    /// # Arguments
    ///
    /// * `document`: Result of [`Comparison::object`].
    pub async fn deploy(
        &self,
        object: Object,
        document: &Value,
        comparison: &Comparison,
        dry_run: DryRun,
    ) -> Result<Created, ClusterError> {
        if comparison.is_new() {
            self.create(object, document, dry_run).await
        } else {
            self.replace(object, document, dry_run).await
        }
    }
}

/// Part of an object to compare. Omits additions of the cluster's own programs, unless they are in `wanted`.
fn view(object: &Value, wanted: Option<&Value>) -> Value {
    let shown = |of: &str| -> Value {
        let all = object["metadata"][of].as_object().cloned();
        let all = all.unwrap_or_default().into_iter();
        let is_wanted =
            |key: &str| wanted.is_some_and(|wanted| wanted["metadata"][of].get(key).is_some());
        all.filter(|(key, _)| !is_hidden(key) || is_wanted(key))
            .collect::<Map<_, _>>()
            .into()
    };
    json!({
        "metadata": {"labels": shown("labels"), "annotations": shown("annotations")},
        "spec": plain(&object["spec"]),
    })
}

/// Spec without empty fields that Argo's own programs add: its types have fields that are always written
/// (`pkg/apis/workflow/v1alpha1/workflow_types.go` of Argo Workflows 4.1.2, and `Container` of Kubernetes).
fn plain(spec: &Value) -> Value {
    const NEVER_LEFT_OUT: [&str; 5] = ["arguments", "inputs", "outputs", "metadata", "resources"];
    match spec {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key, plain(value)))
            .filter(|(key, value)| {
                let is_empty = value.as_object().is_some_and(Map::is_empty);
                let says_nothing = is_empty && NEVER_LEFT_OUT.contains(&key.as_str());
                let is_no_name = key.as_str() == "name" && value == "";
                !says_nothing && !is_no_name
            })
            .map(|(key, value)| (key.clone(), value))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// Says whether programs write a label or annotation for themselves.
fn is_hidden(key: &str) -> bool {
    let domain = key.split_once('/').map_or("", |(domain, _)| domain);
    key == LAST_APPLIED
        || domain == "kubectl.kubernetes.io"
        || domain == "argoproj.io"
        || domain.ends_with(".argoproj.io")
}

fn without_origin(view: &Value) -> Value {
    let mut view = view.clone();
    if let Some(annotations) = view["metadata"]["annotations"].as_object_mut() {
        annotations.retain(|key, _| !ORIGIN.contains(&key.as_str()));
    }
    view
}

/// Reads the last deployment from the object; none if it is missing or unreadable.
fn read_last_applied(object: &Value) -> Option<Value> {
    let text = object["metadata"]["annotations"][LAST_APPLIED].as_str()?;
    let bytes = packed::unpack(text).ok()?;
    let last: Value = serde_json::from_slice(&bytes).ok()?;
    last["spec"].is_object().then_some(last)
}

/// Packs a view for an annotation; none if it would be too large.
fn pack(view: &Value) -> Result<Option<String>, ClusterError> {
    let failed = |error: &dyn std::fmt::Display| ClusterError::Api(error.to_string());
    let json = serde_json::to_vec(view).map_err(|error| failed(&error))?;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&json).map_err(|error| failed(&error))?;
    let bytes = gzip.finish().map_err(|error| failed(&error))?;
    Ok(Some(BASE64_STANDARD.encode(bytes)).filter(|text| text.len() <= LARGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(image: &str, commit: &str) -> Value {
        json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "CronWorkflow",
            "metadata": {
                "name": "nightly",
                "labels": {"app.kubernetes.io/managed-by": "argo-kedro"},
                "annotations": {"argo-kedro/git-commit": commit},
            },
            "spec": {"schedules": ["@daily"], "workflowSpec": {"image": image}},
        })
    }

    /// Simulates the object on the cluster after a deployment and after changes of the cluster's own programs.
    fn deployed(manifest: &Value) -> Value {
        let mut object = Comparison::new(None, manifest, false)
            .object(manifest)
            .unwrap();
        object["metadata"]["resourceVersion"] = "7".into();
        object["metadata"]["annotations"]["cronworkflows.argoproj.io/last-used-schedule"] =
            "@daily".into();
        object["status"] = json!({"active": []});
        object
    }

    #[test]
    fn what_is_as_it_was_deployed_is_unchanged_whatever_the_commit() {
        let there = deployed(&manifest("a", "1"));
        let found = Comparison::new(Some(there), &manifest("a", "2"), false);
        assert!(found.is_unchanged() && !found.was_changed_by_others());
    }

    #[test]
    fn what_argos_programs_add_in_passing_is_no_change() {
        let with = |more: Value| {
            let mut manifest = manifest("a", "1");
            let mut template = json!({"name": "fit", "container": {"image": "a"}, "volumes": [{"name": "v", "emptyDir": {}}]});
            for (key, value) in more.as_object().unwrap() {
                template[key] = value.clone();
            }
            manifest["spec"]["workflowSpec"] = json!({"templates": [template]});
            manifest
        };
        let compiled = with(json!({}));
        let mut there = deployed(&compiled);
        there["spec"] = with(json!({
            "inputs": {}, "outputs": {}, "metadata": {},
            "container": {"name": "", "image": "a", "resources": {}},
        }))["spec"]
            .clone();
        there["spec"]["workflowSpec"]["arguments"] = json!({});
        let found = Comparison::new(Some(there.clone()), &compiled, false);
        assert!(found.is_unchanged() && !found.was_changed_by_others());
        // An empty field with a meaning stays.
        assert_eq!(
            found.merged["spec"]["workflowSpec"]["templates"][0]["volumes"][0]["emptyDir"],
            json!({})
        );
    }

    #[test]
    fn a_change_keeps_what_others_wrote_and_what_the_cluster_needs() {
        let mut there = deployed(&manifest("a", "1"));
        there["spec"]["suspend"] = true.into();
        let changed = manifest("b", "2");
        let found = Comparison::new(Some(there), &changed, false);
        assert!(!found.is_unchanged() && found.was_changed_by_others());
        let sent = found.object(&changed).unwrap();
        assert_eq!(sent["spec"]["suspend"], true);
        assert_eq!(sent["spec"]["workflowSpec"]["image"], "b");
        assert_eq!(sent["metadata"]["resourceVersion"], "7");
        assert_eq!(
            sent["metadata"]["annotations"]["argo-kedro/git-commit"],
            "2"
        );
        let kept = &sent["metadata"]["annotations"]["cronworkflows.argoproj.io/last-used-schedule"];
        assert_eq!(kept, "@daily");
        // In the next deployment, the change of somebody else still counts as theirs.
        let next = Comparison::new(Some(sent), &changed, false);
        assert!(next.is_unchanged() && next.was_changed_by_others());
    }

    #[test]
    fn what_both_changed_clashes_until_it_is_overwritten() {
        let mut there = deployed(&manifest("a", "1"));
        there["spec"]["workflowSpec"]["image"] = "theirs".into();
        there["spec"]["suspend"] = true.into();
        let ours = manifest("b", "1");
        let found = Comparison::new(Some(there.clone()), &ours, false);
        assert_eq!(found.clashes[0].path, "spec.workflowSpec.image");
        let found = Comparison::new(Some(there), &ours, true);
        assert_eq!(found.clashes, []);
        assert_eq!(found.object(&ours).unwrap()["spec"], ours["spec"]);
    }

    #[test]
    fn an_object_of_somebody_elses_is_told_from_one_that_is_the_same() {
        let there = manifest("a", "1");
        let same = Comparison::new(Some(there.clone()), &there, false);
        assert!(same.is_unchanged() && !same.is_of_unknown_origin());
        let other = Comparison::new(Some(there), &manifest("b", "1"), false);
        assert!(other.is_of_unknown_origin());
        let mut broken = deployed(&manifest("a", "1"));
        broken["metadata"]["annotations"][LAST_APPLIED] = "%%%".into();
        assert!(Comparison::new(Some(broken), &manifest("b", "1"), false).is_of_unknown_origin());
    }

    #[test]
    fn what_is_new_is_sent_as_it_is_compiled() {
        const TITLE: &str = "workflows.argoproj.io/title";
        let mut compiled = manifest("a", "1");
        compiled["metadata"]["annotations"][TITLE] = "Shop".into();
        compiled["spec"]["workflowSpec"]["templates"] = json!([{"name": "fit", "inputs": {}}]);
        let mut sent = Comparison::new(None, &compiled, false)
            .object(&compiled)
            .unwrap();
        let annotations = sent["metadata"]["annotations"].as_object_mut().unwrap();
        assert!(annotations.remove(LAST_APPLIED).is_some());
        assert_eq!(sent, compiled);
        // An object without a title from an earlier version gets one, and keeps it.
        let there = deployed(&manifest("a", "1"));
        let found = Comparison::new(Some(there), &compiled, false);
        let sent = found.object(&compiled).unwrap();
        assert_eq!(sent["metadata"]["annotations"][TITLE], "Shop");
        assert!(Comparison::new(Some(sent), &compiled, false).is_unchanged());
    }

    #[test]
    fn what_is_too_large_for_an_annotation_is_left_out() {
        // Text that does not compress: scrambled numbers.
        let noise: Vec<u64> = (0..40_000_u64)
            .map(|index| index.wrapping_mul(0x9E37_79B9_7F4A_7C15))
            .collect();
        assert_eq!(pack(&json!(noise)).unwrap(), None);
    }
}
