"""Section 6: requests and responses."""
