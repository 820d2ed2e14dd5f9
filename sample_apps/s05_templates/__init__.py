"""Section 5: templates."""
