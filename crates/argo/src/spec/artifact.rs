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
        /// Tag of the artifact that this one is, e.g. `{{tasks.a.outputs.artifacts.x}}`.
        pub from: String = "from",
        /// Expression that gives the artifact.
        pub from_expression: String = "fromExpression",
        /// Path inside the artifact that is meant.
        pub sub_path: String = "subPath",
        /// Says whether the logs of the pod are kept with it.
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
        /// Place that a plugin knows.
        pub plugin: Option<Tree> = "plugin",
        /// Name under which the whole workflow sees it.
        pub global_name: String = "globalName",
        /// Way in which it is packed.
        pub archive: Option<Tree> = "archive",
        /// Says whether it may be missing.
        pub optional: bool = "optional",
        /// Says whether `mode` is for everything in a folder.
        pub recurse_mode: bool = "recurseMode",
        /// Time at which it is deleted.
        pub artifact_gc: Option<Tree> = "artifactGC",
        /// Says whether it was deleted.
        pub deleted: bool = "deleted",
    }
}
