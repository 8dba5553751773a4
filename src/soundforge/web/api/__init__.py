"""The REST API: one file per resource, its wire types at its top."""
