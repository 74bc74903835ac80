"""Tables and a picture for people who do not read code."""

from .pipeline import create_pipeline

__all__ = ["create_pipeline"]
