"""Section 12: several applications behind one address."""
