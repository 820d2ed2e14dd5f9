"""Section 11: WSGI middleware."""
