"""Section 18: how classes are made."""
