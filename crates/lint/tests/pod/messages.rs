//! All messages of the rules for pods, in one snapshot.

use serde_json::json;

use crate::project::Project;

#[test]
fn messages() {
    let project = Project::at("data/01_raw/companies.csv", "data/08/report.csv")
        .keeps_out("data", 16)
        .keeps_out("src", 33)
        .keeps_out("conf/local", 7);
    let mut project = project.dockerfile(
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
    );
    project.storage = json!({"s3": {"package": "s3fs", "installed": false}});
    let files = [
        "conf/base/catalog.yml",
        "conf/local/catalog.yml",
        "conf/local/globals.yml",
    ];
    project.configuration["files"] = json!(files);
    let elsewhere = Project::at("../other/companies.csv", "s3://<your_bucket_name>/r.csv");
    let nowhere = Project::at("data/x.csv", "s3://b/${x}")
        .lacks("data")
        .argo("memory_datasets: {path: 's3://bucket/prefix'}");
    let of_run = Project::at("s3://b/WORKFLOW_ID/companies.csv", "s3://b/report.csv");
    insta::assert_snapshot!(format!(
        "{}{}{}{}",
        project.findings(),
        elsewhere.findings(),
        nowhere.findings(),
        of_run.findings()
    ));
}
