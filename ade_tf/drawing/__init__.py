"""Pictures and tables, made from arrays and records alone."""
