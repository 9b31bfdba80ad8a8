"""Tables, engine, stores, unit of work, migrations.

It may import `hub.ports` and `hub.domain`, never services, web or wire; nothing is opened at import.
"""
