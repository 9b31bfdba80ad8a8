"""Use cases: one call, one transaction. It may import `hub.ports` and `hub.domain`, never storage, web or wire."""
