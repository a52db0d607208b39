"""Sound: one concept per file. What of it is public is named in ``featkit/__init__.py``."""
