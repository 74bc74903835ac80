//! Placeholders in paths and settings that the user has not replaced.

use crate::project::Project;

#[test]
fn placeholders_are_found_and_names_are_not() {
    for (text, found) in [
        ("s3://<your_bucket_name>/data", Some("<your_bucket_name>")),
        ("s3://<YOUR-BUCKET>", Some("<YOUR-BUCKET>")),
        ("gs://your-bucket/x", Some("your-bucket")),
        ("s3://my-bucket/x", Some("my-bucket")),
        ("registry.example.com/shop", Some("registry.example.com")),
        ("example.com:5000/shop", Some("example.com:5000")),
        ("your-registry/shop:v1", Some("your-registry")),
        ("s3://bucket/prefix", Some("s3://bucket/prefix")),
        ("s3://bucket/prefixes", None),
        ("s3://CHANGE_ME/x", Some("CHANGE_ME")),
        ("s3://bucket-name/x", Some("bucket-name")),
        ("s3://TODO/x", Some("TODO")),
        ("gs://example-bucket/x", Some("example-bucket")),
        ("ghcr.io/OWNER/shop", Some("OWNER")),
        ("gcr.io/project-id/shop:1", Some("project-id")),
        ("s3://todo-app/x", None),
        ("s3://todo/x", None),
        ("s3://my-bucket-name-2/x", None),
        ("ghcr.io/owner/shop", None),
        ("s3://b/project-ids/x", None),
        ("s3://b/yourself/x", None),
        ("registry.corp/shop", None),
        ("data/a<b.csv", None),
        ("notexample.com/x", None),
        ("", None),
    ] {
        assert_eq!(lint::pod::placeholder(text), found, "{text}");
    }
    Project::at("s3://your-bucket/a", "s3://your-bucket/b").finds("warning[placeholder]");
    Project::at("s3://<bucket>/a", "s3://b/b").finds("error[placeholder]");
    Project::default()
        .argo("namespace: your-namespace")
        .finds("warning[placeholder]");
    Project::default()
        .argo(
            "nodes: {'*': {volumes: [{name: data, mount_path: /data, persistent_volume_claim: {claimName: <claim>}}]}}",
        )
        .finds("error[placeholder]");
}
