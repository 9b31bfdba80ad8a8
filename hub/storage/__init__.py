"""Tables, engine, repositories, unit of work. It may import `hub.ports` and `hub.domain`, never services, web or wire."""
