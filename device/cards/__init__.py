"""Talking to cards: command bytes out, answer bytes in, and nothing else.

It may import `wire` messages and identifiers only: no readers, threads, clocks or files. A conversation with a card is
a generator that yields a command and is sent the answer, so any reader, and any test, can carry it.
"""
