"""Reads site files: TOML in, towns out, every mistake named by its line.

It may import `hub.domain` and the ids and errors of `wire`, nothing else of ours.
"""
