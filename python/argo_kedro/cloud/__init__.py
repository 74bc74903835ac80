"""Proposes the changes that put a project's data into a store: `kedro argo init --cloud URL`.

Nothing here writes a file. Each module edits one kind of file as text: it finds the place by the
syntax tree, and keeps everything around it.
"""
