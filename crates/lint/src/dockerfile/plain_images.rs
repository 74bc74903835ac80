//! Well-known images.

/// Says whether an image is a well-known one: a system, Python, a packaging tool. Such an image contains neither a
/// project nor argo-kedro.
pub(crate) fn is_plain(image: &str) -> bool {
    const HOSTS: [&str; 11] = [
        "docker.io",
        "index.docker.io",
        "registry-1.docker.io",
        "public.ecr.aws",
        "mirror.gcr.io",
        "gcr.io",
        "quay.io",
        "ghcr.io",
        "mcr.microsoft.com",
        "nvcr.io",
        "cgr.dev",
    ];
    const IMAGES: [&str; 30] = [
        "python",
        "pypy",
        "ubuntu",
        "debian",
        "alpine",
        "fedora",
        "rockylinux",
        "almalinux",
        "amazonlinux",
        "buildpack-deps",
        "busybox",
        "nvidia/cuda",
        "nvidia/pytorch",
        "nvidia/tensorflow",
        "continuumio/miniconda3",
        "continuumio/anaconda3",
        "condaforge/miniforge3",
        "condaforge/mambaforge",
        "mambaorg/micromamba",
        "astral-sh/uv",
        "pytorch/pytorch",
        "tensorflow/tensorflow",
        "rayproject/ray",
        "apache/spark",
        "apache/spark-py",
        "bitnami/python",
        "bitnami/spark",
        "rapidsai/base",
        "chainguard/python",
        "distroless/python3",
    ];
    let path = image.split(['@', ' ']).next().unwrap_or_default();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.split(':').next().unwrap_or_default();
    let whole = if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    };
    let host = whole
        .split_once('/')
        .filter(|(host, _)| host.contains(['.', ':']));
    let path = match host {
        Some((host, path)) if HOSTS.contains(&host) => path,
        Some(_) => return false,
        None => &whole,
    };
    let path = path.strip_prefix("docker/").unwrap_or(path);
    let path = path.strip_prefix("library/").unwrap_or(path);
    // Some names end with a version of Debian: `distroless/python3-debian12`.
    let family = path
        .split_once("-debian")
        .map_or(path, |(family, _)| family);
    IMAGES.contains(&path) || IMAGES.contains(&family) || path.starts_with("jupyter/")
}
