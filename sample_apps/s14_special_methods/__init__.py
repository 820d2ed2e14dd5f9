"""Section 14: special methods, and names that begin with two underscores."""
