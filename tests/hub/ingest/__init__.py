"""Tests of the intake: the delivery rules on the hub's side."""
