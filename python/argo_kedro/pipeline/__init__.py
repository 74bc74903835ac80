"""Nodes and pipelines with settings for their run on Argo Workflows."""

from argo_kedro.pipeline.fused_pipeline import FusedPipeline, sum_pipelines
from argo_kedro.pipeline.node import Node

__all__ = ["FusedPipeline", "Node", "sum_pipelines"]
