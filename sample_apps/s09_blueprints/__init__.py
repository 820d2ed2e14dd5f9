"""Section 9: blueprints."""
