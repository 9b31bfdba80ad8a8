"""Believable use of a network of spaces over months, for the demo, tests and benchmarks: the same seed, the same rows.

It flows one way: `people` (who comes to a space, and how) → `calendar` (what happens there) → `faults` (what sensors
and devices miss) → `days` (who came and sat where) → `words` (what devices tell of it) → `payloads` (as bytes on the
wire) → `records` (rows). All of it is pure: it asks neither clock nor database, and rolls its dice from the seed alone.
What really happened (`truth`) stays there to be looked at: a test counts it by hand and compares.
"""
