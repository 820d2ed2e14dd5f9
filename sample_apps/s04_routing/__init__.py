"""Section 4: routing."""
