"""Which part may import which: the contract types for import-linter, and proof that each contract can fail."""
