"""Section 16: databases, and pools of connections."""
