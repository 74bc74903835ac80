"""From the tables as they come to one row per flight with all a model may know."""

from .pipeline import create_pipeline

__all__ = ["create_pipeline"]
