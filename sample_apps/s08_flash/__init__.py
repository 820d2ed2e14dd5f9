"""Section 8: flashed messages."""
