use super::field::Tree;
use super::record::record;

record! {
    /// A file or folder that a template takes or gives.
    pub struct Artifact {
        /// Name that others refer to.
        pub name: String = "name",
        /// Path in the container.
        pub path: String = "path",
        /// Permissions of the file.
        pub mode: Option<i64> = "mode",
        /// Tag of the artifact that this one takes its content from, e.g. `{{tasks.a.outputs.artifacts.x}}`.
        pub from: String = "from",
        /// Expression that gives the artifact.
        pub from_expression: String = "fromExpression",
        /// Path inside the source artifact.
        pub sub_path: String = "subPath",
        /// Says whether the logs of the pod are kept.
        pub archive_logs: Option<bool> = "archiveLogs",
        /// Place in an S3 bucket.
        pub s3: Option<Tree> = "s3",
        /// Place in a git repository.
        pub git: Option<Tree> = "git",
        /// A URL.
        pub http: Option<Tree> = "http",
        /// Place in Artifactory.
        pub artifactory: Option<Tree> = "artifactory",
        /// Place in HDFS.
        pub hdfs: Option<Tree> = "hdfs",
        /// The content itself.
        pub raw: Option<Tree> = "raw",
        /// Place in an OSS bucket.
        pub oss: Option<Tree> = "oss",
        /// Place in a GCS bucket.
        pub gcs: Option<Tree> = "gcs",
        /// Place in an Azure container.
        pub azure: Option<Tree> = "azure",
        /// Location that only a plugin understands.
        pub plugin: Option<Tree> = "plugin",
        /// Name of the artifact in the whole workflow.
        pub global_name: String = "globalName",
        /// Format in which the artifact is packed.
        pub archive: Option<Tree> = "archive",
        /// Says whether the artifact may be missing.
        pub optional: bool = "optional",
        /// Says whether `mode` applies to everything in a folder.
        pub recurse_mode: bool = "recurseMode",
        /// Time at which Argo deletes the artifact.
        pub artifact_gc: Option<Tree> = "artifactGC",
        /// Says whether the artifact was deleted.
        pub deleted: bool = "deleted",
    }
}
