"""Section 3: configuration."""
