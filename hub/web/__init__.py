"""Pages and API. It may import `hub.services`, `hub.ports` and `hub.domain`, never storage or wire."""
