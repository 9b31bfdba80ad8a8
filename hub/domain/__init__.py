"""The rules, pure: the standard library and pure calendar libraries only.

It may import nothing else of ours: no database, no web, no MQTT, no clock.
"""
