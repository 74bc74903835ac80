use super::any_string::IntOrString;
use super::environment::{EnvFromSource, EnvVar};
use super::field::Tree;
use super::record::record;
use super::resources::Resources;
use super::volumes::VolumeMount;

record! {
    /// A container: the main one of a template, or one before or beside it.
    pub struct Container {
        /// The name; the main container of a template needs none.
        pub name: String = "name",
        /// Image of it.
        pub image: String = "image",
        /// The program; without one the controller asks the registry for it
        /// (`workflow/controller/workflowpod.go:753`).
        pub command: Vec<String> = "command",
        /// Words of the program.
        pub args: Vec<String> = "args",
        /// Time at which the image is pulled.
        pub image_pull_policy: Option<String> = "imagePullPolicy",
        /// Secrets and `ConfigMaps` whose every key becomes a variable.
        pub env_from: Vec<EnvFromSource> = "envFrom",
        /// Environment.
        pub env: Vec<EnvVar> = "env",
        /// Resources that it asks for and may use.
        pub resources: Option<Resources> = "resources",
        /// Volumes mounted into it.
        pub volume_mounts: Vec<VolumeMount> = "volumeMounts",
        /// Permissions of it.
        pub security_context: Option<Tree> = "securityContext",
        /// Folder in which the program starts.
        pub working_dir: String = "workingDir",
        /// Says whether a container beside the main one has the volumes of the main one.
        pub mirror_volume_mounts: Option<bool> = "mirrorVolumeMounts",
    }
}

record! {
    /// A name of something else.
    pub struct LocalObjectReference {
        /// The name.
        pub name: String = "name",
    }
}

record! {
    /// Several containers in one pod that wait for each other
    /// (`pkg/apis/workflow/v1alpha1/container_set_template_types.go`).
    pub struct ContainerSet {
        /// The containers.
        pub containers: Vec<ContainerNode> = "containers",
        /// Volumes mounted into each of them.
        pub volume_mounts: Vec<VolumeMount> = "volumeMounts",
        /// Tries of a container inside the pod.
        pub retry_strategy: Option<ContainerSetRetryStrategy> = "retryStrategy",
    }
}

record! {
    /// Tries of a container inside its pod.
    pub struct ContainerSetRetryStrategy {
        /// Wait between two tries.
        pub duration: String = "duration",
        /// Number of tries besides the first.
        pub retries: Option<IntOrString> = "retries",
    }
}

record! {
    /// A container of a [`ContainerSet`].
    pub struct ContainerNode {
        /// The name.
        pub name: String = "name",
        /// Image of it.
        pub image: String = "image",
        /// The program.
        pub command: Vec<String> = "command",
        /// Words of the program.
        pub args: Vec<String> = "args",
        /// Secrets and `ConfigMaps` whose every key becomes a variable.
        pub env_from: Vec<EnvFromSource> = "envFrom",
        /// Environment.
        pub env: Vec<EnvVar> = "env",
        /// Resources that it asks for and may use.
        pub resources: Option<Resources> = "resources",
        /// Volumes mounted into it.
        pub volume_mounts: Vec<VolumeMount> = "volumeMounts",
        /// Time at which the image is pulled.
        pub image_pull_policy: Option<String> = "imagePullPolicy",
        /// Permissions of it.
        pub security_context: Option<Tree> = "securityContext",
        /// Folder in which the program starts.
        pub working_dir: String = "workingDir",
        /// Names of the containers that end before it starts.
        pub dependencies: Vec<String> = "dependencies",
    }
}
