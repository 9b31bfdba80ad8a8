"""The formatters of what leaves the hub as a file, one module for each format.

They are pure: they may import `hub.domain` alone, and neither read a database nor open a file.
"""
