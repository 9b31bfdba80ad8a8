"""Measurements, each beside a floor or a rival of the same run; `make bench` writes `bench/results.json`.

No test is timed and nothing here is asserted by one. The real parts come from `tests.parts`.
"""
