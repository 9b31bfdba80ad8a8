"""Tests of `wire`: the format on the wire, pinned by golden payloads, and what is refused."""
