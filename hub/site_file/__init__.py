"""Reads site files: TOML in, towns out, with every mistake named by its line. It may import `hub.domain` and `wire` ids only."""
