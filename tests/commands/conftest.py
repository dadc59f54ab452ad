"""A database server, for rounds that keep their ledger in one."""

from tests.group.postgres import postgresql, postgresql_server

__all__ = ["postgresql", "postgresql_server"]
