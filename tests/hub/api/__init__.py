"""The closed part of the API on the real database: tokens, scopes, problems, and what the document promises."""
