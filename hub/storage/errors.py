"""Errors of the database layer.

StorageError
└── DatabaseUnusable   the address, file or schema can't be used as it is: whoever operates the hub must act
"""


class StorageError(Exception):
    """Base of all errors of the database layer."""


class DatabaseUnusable(StorageError):
    """The database can't be used as it is; the text names it and the remedy."""
