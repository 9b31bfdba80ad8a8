"""The tools around the tests: installing, packaging, linting."""
