"""Section 7: the session."""
