"""Demonstration data: the same for the same seed, believable, whole, and readable by the hub's own intake."""
