use super::any_string::IntOrString;
use super::environment::{EnvFromSource, EnvVar};
use super::field::Tree;
use super::record::record;
use super::resources::Resources;
use super::volumes::VolumeMount;

record! {
    /// A container: the main one of a template, an init container, or a sidecar.
    pub struct Container {
        /// The name; the main container of a template needs none.
        pub name: String = "name",
        /// Image of the container.
        pub image: String = "image",
        /// The program; if it is missing, the controller asks the registry (`workflow/controller/workflowpod.go:753`).
        pub command: Vec<String> = "command",
        /// Arguments of the program.
        pub args: Vec<String> = "args",
        /// Policy for pulling the image: always, never, or only if the node lacks it.
        pub image_pull_policy: Option<String> = "imagePullPolicy",
        /// Secrets and `ConfigMaps` whose every key becomes an environment variable.
        pub env_from: Vec<EnvFromSource> = "envFrom",
        /// Environment variables.
        pub env: Vec<EnvVar> = "env",
        /// Resources that the container asks for, and limits.
        pub resources: Option<Resources> = "resources",
        /// Volumes mounted into the container.
        pub volume_mounts: Vec<VolumeMount> = "volumeMounts",
        /// Permissions of the container.
        pub security_context: Option<Tree> = "securityContext",
        /// Folder in which the program starts.
        pub working_dir: String = "workingDir",
        /// Says whether a sidecar mounts the volumes of the main container.
        pub mirror_volume_mounts: Option<bool> = "mirrorVolumeMounts",
    }
}

record! {
    /// A reference to an object in the same namespace.
    pub struct LocalObjectReference {
        /// The name.
        pub name: String = "name",
    }
}

record! {
    /// Several containers in one pod that may wait for each other
    /// (`pkg/apis/workflow/v1alpha1/container_set_template_types.go`).
    pub struct ContainerSet {
        /// The containers.
        pub containers: Vec<ContainerNode> = "containers",
        /// Volumes mounted into each container.
        pub volume_mounts: Vec<VolumeMount> = "volumeMounts",
        /// Retries of a container inside the pod.
        pub retry_strategy: Option<ContainerSetRetryStrategy> = "retryStrategy",
    }
}

record! {
    /// Retries of a container inside its pod.
    pub struct ContainerSetRetryStrategy {
        /// Wait between two tries.
        pub duration: String = "duration",
        /// Number of tries after the first one.
        pub retries: Option<IntOrString> = "retries",
    }
}

record! {
    /// A container of a [`ContainerSet`].
    pub struct ContainerNode {
        /// The name.
        pub name: String = "name",
        /// Image of the container.
        pub image: String = "image",
        /// The program.
        pub command: Vec<String> = "command",
        /// Arguments of the program.
        pub args: Vec<String> = "args",
        /// Secrets and `ConfigMaps` whose every key becomes an environment variable.
        pub env_from: Vec<EnvFromSource> = "envFrom",
        /// Environment variables.
        pub env: Vec<EnvVar> = "env",
        /// Resources that the container asks for, and limits.
        pub resources: Option<Resources> = "resources",
        /// Volumes mounted into the container.
        pub volume_mounts: Vec<VolumeMount> = "volumeMounts",
        /// Time at which the image is pulled.
        pub image_pull_policy: Option<String> = "imagePullPolicy",
        /// Permissions of it.
        pub security_context: Option<Tree> = "securityContext",
        /// Folder in which the program starts.
        pub working_dir: String = "workingDir",
        /// Names of the containers that must end before this one starts.
        pub dependencies: Vec<String> = "dependencies",
    }
}
