"""The service: keeps the truth, shows it, counts it.

It may import `wire`, never `device`. What a package inside may do stands in its own docstring.
"""
