"""Two models of one make: the delay at departure, and the delay on arrival."""

from .pipeline import create_pipeline

__all__ = ["create_pipeline"]
