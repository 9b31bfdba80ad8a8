"""The demonstration: five towns on this machine alone, with simulated devices as child processes.

It may import `hub.bootstrap` and what that chooses; never `device`, which it only starts as a program.
"""
