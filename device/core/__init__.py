"""The pure core of the agent: inputs in, effects and the next deadline out.

It may import `wire` messages and identifiers only: no threads, no clocks, no files, no back-ends.
"""
