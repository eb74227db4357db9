"""The steps of the database's schema, one module a step; Alembic reads them, in the order of their revisions."""
