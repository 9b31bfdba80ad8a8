"""Commands of `ankerort-hub`, loaded by `hub.cli` when called: they read options, call `hub.bootstrap`, and print."""
