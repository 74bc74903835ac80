//! The documents of a Workflow, and their templates.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use argo::merge::strategic;
use argo::spec::{
    Manifest, Metadata, Task, Template, TemplateRef, WorkflowSpec, from_json, to_json,
};
use argo::text::tags::has_tag;
use jiff::Timestamp;
use serde_json::Value;

/// A Workflow as the engine receives it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    /// The Workflow, or the document that defines one: a `WorkflowTemplate` or a `CronWorkflow`.
    pub(crate) manifest: Manifest,
    /// Name of the run.
    pub(crate) name: String,
    /// Unique id of the run.
    pub(crate) uid: String,
    /// Time at which the run was created.
    pub(crate) created: Timestamp,
    /// Documents to which the Workflow may refer.
    pub(crate) others: Vec<Manifest>,
    /// Texts of `ConfigMap`s, by name and key.
    pub(crate) config_maps: BTreeMap<String, BTreeMap<String, String>>,
    /// Results of earlier runs, by cache and key.
    pub(crate) cache: BTreeMap<String, BTreeMap<String, super::Remembered>>,
}

/// Kind and name of the object that contains a template: `GetTemplateScope` of
/// `workflow/templateresolution/context.go`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// The Workflow itself.
    Local,
    /// A `WorkflowTemplate`.
    Namespaced(Rc<str>),
    /// A `ClusterWorkflowTemplate`.
    Cluster(Rc<str>),
}

impl Scope {
    fn of(reference: &TemplateRef) -> Self {
        let name = reference.name.as_str().into();
        if reference.cluster_scope {
            Self::Cluster(name)
        } else {
            Self::Namespaced(name)
        }
    }

    /// Text of the scope in the status. A Workflow with a `workflowTemplateRef` has no name there.
    pub(super) fn text(&self, documents: &Documents) -> String {
        match self {
            Self::Local if documents.is_referred => "local/".to_owned(),
            Self::Local => format!("local/{}", documents.name),
            Self::Namespaced(name) => format!("namespaced/{name}"),
            Self::Cluster(name) => format!("cluster/{name}"),
        }
    }
}

/// Task, step or hook of a call, with the reference to its template.
#[derive(Debug, Clone, Default)]
pub(super) struct TemplateReference {
    pub(super) name: String,
    pub(super) template: String,
    pub(super) template_ref: Option<Box<TemplateRef>>,
    pub(super) inline: Option<Box<Template>>,
}

impl From<&Task> for TemplateReference {
    fn from(task: &Task) -> Self {
        Self {
            inline: task.inline.clone(),
            ..Self::without_inline(task)
        }
    }
}

impl TemplateReference {
    /// Copies only the name of a task and its template reference.
    pub(super) fn without_inline(task: &Task) -> Self {
        Self {
            name: task.name.clone(),
            template: task.template.clone(),
            template_ref: task.template_ref.clone().map(Box::new),
            inline: None,
        }
    }
}

/// A template as in its document, with the Workflow's defaults.
#[derive(Debug)]
pub(super) struct DocumentTemplate {
    pub(super) template: Rc<Template>,
    text: OnceCell<String>,
    has_tags: OnceCell<bool>,
    /// Names of the tasks or steps whose `outputs.result` the template uses.
    wanted_results: OnceCell<HashSet<String>>,
}

impl DocumentTemplate {
    fn new(template: Template) -> Rc<Self> {
        Rc::new(Self {
            template: Rc::new(template),
            text: OnceCell::new(),
            has_tags: OnceCell::new(),
            wanted_results: OnceCell::new(),
        })
    }

    /// The template as JSON.
    pub(super) fn text(&self) -> &str {
        self.text
            .get_or_init(|| to_json(self.template.as_ref()).to_string())
    }

    /// Says whether the template contains a tag.
    pub(super) fn has_tags(&self) -> bool {
        *self.has_tags.get_or_init(|| has_tag(self.text()))
    }

    /// Says whether the template uses the printed result of one of its tasks or steps.
    pub(super) fn wants_result_of(&self, name: &str) -> bool {
        let word = if self.template.dag.is_some() {
            "tasks"
        } else {
            "steps"
        };
        let wanted = self
            .wanted_results
            .get_or_init(|| results_in(self.text(), word));
        wanted.contains(name)
    }
}

/// Finds the names `x` of `tasks.x.outputs.result`, `tasks['x'].outputs.result` and `tasks["x"].outputs.result` in JSON
/// text.
fn results_in(text: &str, word: &str) -> HashSet<String> {
    let before = text.match_indices(".outputs.result");
    let before = before.map(|(at, _)| &text[..at]);
    let quoted = |text: &'_ str, open: &str, close: &str| {
        let (head, name) = text.strip_suffix(close)?.rsplit_once(open)?;
        head.ends_with(word).then(|| name.to_owned())
    };
    let name = |text: &'_ str| {
        let (head, name) = text.rsplit_once('.')?;
        let bare = head.ends_with(word).then(|| name.to_owned());
        quoted(text, "['", "']")
            .or_else(|| quoted(text, "[\\\"", "\\\"]"))
            .or(bare)
    };
    before.filter_map(name).collect()
}

/// Documents, indexed to find templates.
#[derive(Debug)]
pub(super) struct Documents {
    /// Name of the Workflow.
    pub(super) name: String,
    /// Labels and annotations of the Workflow.
    pub(super) metadata: Metadata,
    pub(super) uid: String,
    pub(super) created: Timestamp,
    /// The spec of the run without its templates, merged with that of its `workflowTemplateRef`.
    pub(super) spec: WorkflowSpec,
    /// Set if the spec comes from a `workflowTemplateRef`.
    is_referred: bool,
    pub(super) config_maps: BTreeMap<String, BTreeMap<String, String>>,
    templates: HashMap<Scope, HashMap<String, Rc<DocumentTemplate>>>,
    defaults: Option<Value>,
}

impl Documents {
    /// Indexes the templates of the documents.
    ///
    /// # Errors
    ///
    /// A document that the Workflow refers to is missing, or a merged part cannot be read.
    pub(super) fn new(mut source: Source) -> Result<Self, String> {
        let spec = std::mem::take(source.manifest.workflow_mut());
        let is_referred = spec.workflow_template_ref.is_some();
        let mut spec = joined(spec, &source.others)?;
        // Move the templates out, so that a large DAG is not in memory twice.
        let templates = std::mem::take(&mut spec.templates);
        let defaults = spec.template_defaults.as_deref().map(to_json);
        let mut documents = Self {
            name: source.name,
            uid: source.uid,
            created: source.created,
            config_maps: source.config_maps,
            templates: HashMap::new(),
            is_referred,
            defaults,
            spec,
            metadata: source.manifest.metadata,
        };
        documents.add(Scope::Local, templates)?;
        for mut other in source.others {
            let name = other.metadata.name.as_deref().unwrap_or_default().into();
            let scope = match other.kind.as_str() {
                "WorkflowTemplate" => Scope::Namespaced(name),
                "ClusterWorkflowTemplate" => Scope::Cluster(name),
                _ => continue,
            };
            documents.add(scope, std::mem::take(&mut other.workflow_mut().templates))?;
        }
        Ok(documents)
    }

    /// Says whether the Workflow or one of the templates takes locks.
    pub(super) fn take_locks(&self) -> bool {
        let mut templates = self.templates.values().flat_map(HashMap::values);
        let defaults = self.spec.template_defaults.as_deref();
        self.spec.synchronization.is_some()
            || defaults.is_some_and(takes_locks)
            || templates.any(|known| takes_locks(&known.template))
    }

    fn add(&mut self, scope: Scope, templates: Vec<Template>) -> Result<(), String> {
        let mut known = HashMap::new();
        for template in templates {
            let with_defaults = self.with_defaults(template)?;
            known
                .entry(with_defaults.name.clone())
                .or_insert_with(|| DocumentTemplate::new(with_defaults));
        }
        self.templates.entry(scope).or_insert(known);
        Ok(())
    }

    /// Merges a template over `templateDefaults`, without the parts for other kinds (`mergedTemplateDefaultsInto` of
    /// `workflow/controller/operator.go`).
    fn with_defaults(&self, template: Template) -> Result<Template, String> {
        const KINDS: [&str; 9] = [
            "container",
            "containerSet",
            "dag",
            "data",
            "http",
            "plugin",
            "resource",
            "script",
            "suspend",
        ];
        let Some(Value::Object(defaults)) = &self.defaults else {
            return Ok(template);
        };
        let own = to_json(&template);
        let mut defaults = defaults.clone();
        defaults.retain(|key, _| !KINDS.contains(&key.as_str()) || own.get(key).is_some());
        let merged = strategic(&Value::Object(defaults), &own);
        from_json(&merged).map_err(|error| format!("templateDefaults: {error}"))
    }

    /// Finds the template of a task, a step or a hook, and the scope for the names in it.
    ///
    /// # Errors
    ///
    /// There is no such template. The error has Argo's words.
    pub(super) fn resolve(
        &self,
        scope: &Scope,
        holder: &TemplateReference,
    ) -> Result<(Scope, Rc<DocumentTemplate>), String> {
        let (scope, known) = if let Some(inline) = &holder.inline {
            let template = self.with_defaults(inline.as_ref().clone())?;
            (scope.clone(), DocumentTemplate::new(template))
        } else if let Some(reference) = &holder.template_ref {
            let (document, name) = (&reference.name, &reference.template);
            let other = Scope::of(reference);
            let templates = self.templates.get(&other);
            let templates =
                templates.ok_or_else(|| format!("workflow template {document} not found"))?;
            let known = templates.get(name).ok_or_else(|| {
                format!("template {name} not found in workflow template {document}")
            })?;
            (other, Rc::clone(known))
        } else if holder.template.is_empty() {
            return Err("failed to get a template".to_owned());
        } else {
            let name = &holder.template;
            let known = self
                .templates
                .get(scope)
                .and_then(|known| known.get(name))
                .ok_or_else(|| format!("template {name} not found"))?;
            (scope.clone(), Rc::clone(known))
        };
        if kind(&known.template).is_none() {
            let name = &known.template.name;
            return Err(format!("template '{name}' type is unknown"));
        }
        Ok((scope, known))
    }
}

fn takes_locks(template: &Template) -> bool {
    let tasks = template.dag.iter().flat_map(|dag| &dag.tasks);
    let steps = template.steps.iter().flat_map(|group| &group.0);
    let mut inline = tasks.chain(steps).filter_map(|call| call.inline.as_deref());
    template.synchronization.is_some() || inline.any(takes_locks)
}

/// Kind of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplateNodeKind {
    /// Has a pod: a container, a script, a container set.
    Pod,
    /// Has tasks.
    Dag,
    /// Has steps.
    Steps,
    /// Waits.
    Suspend,
}

/// Kind of a template; none if the template has no kind.
pub(super) fn kind(template: &Template) -> Option<TemplateNodeKind> {
    let has_pod = template.container.is_some()
        || template.script.is_some()
        || template.container_set.is_some()
        || template.resource.is_some()
        || template.data.is_some()
        || template.http.is_some()
        || template.plugin.is_some();
    if has_pod {
        Some(TemplateNodeKind::Pod)
    } else if template.dag.is_some() {
        Some(TemplateNodeKind::Dag)
    } else if template.suspend.is_some() {
        Some(TemplateNodeKind::Suspend)
    } else if !template.steps.is_empty() || template.present().contains(&"steps") {
        Some(TemplateNodeKind::Steps)
    } else {
        None
    }
}

/// Merges a spec over that of its `workflowTemplateRef` (`JoinWorkflowSpec` of `workflow/util/merge.go`).
fn joined(spec: WorkflowSpec, others: &[Manifest]) -> Result<WorkflowSpec, String> {
    let Some(reference) = &spec.workflow_template_ref else {
        return Ok(spec);
    };
    let kind = if reference.cluster_scope {
        "ClusterWorkflowTemplate"
    } else {
        "WorkflowTemplate"
    };
    let is_meant = |other: &&Manifest| {
        other.kind == kind && other.metadata.name.as_deref() == Some(reference.name.as_str())
    };
    let Some(other) = others.iter().find(is_meant) else {
        return Err(format!(
            "{} \"{}\" not found",
            match kind {
                "WorkflowTemplate" => "workflowtemplates.argoproj.io",
                _ => "clusterworkflowtemplates.argoproj.io",
            },
            reference.name
        ));
    };
    let merged = strategic(&to_json(other.workflow()), &to_json(&spec));
    let mut joined: WorkflowSpec =
        from_json(&merged).map_err(|error| format!("workflowTemplateRef: {error}"))?;
    // The value, source and default of a parameter come from the same document.
    for parameter in &mut joined.arguments.parameters {
        let mut own = spec.arguments.parameters.iter();
        if let Some(own) = own.find(|own| own.name == parameter.name && own.value.is_some()) {
            *parameter = own.clone();
        }
    }
    joined.suspend = spec.suspend;
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::results_in;

    #[test]
    fn a_result_is_wanted_where_it_is_named_in_one_of_three_ways() {
        let text = r#"{{tasks.a-1.outputs.result}} {{=tasks['b'].outputs.result + tasks[\"c\"].outputs.results}}
            {{steps.d.outputs.result}} {{tasks.e.outputs.parameters.x}} .outputs.result"#;
        let mut found: Vec<String> = results_in(text, "tasks").into_iter().collect();
        found.sort();
        assert_eq!(found, ["a-1", "b", "c"]);
        assert!(results_in("", "steps").is_empty());
    }
}
