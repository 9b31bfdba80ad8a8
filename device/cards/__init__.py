"""Talking to cards: command bytes out, answer bytes in, and nothing else.

It may import `wire` messages, identifiers and card keys only: no readers, threads, clocks or files. What carries the
bytes is handed in as a `Transmit`, so any reader, and any test, can be on the other side.
"""
