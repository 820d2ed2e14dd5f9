"""Section 17: signals, and what their receivers can do."""
