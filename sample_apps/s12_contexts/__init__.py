"""Section 12: contexts, and the stack that they stand on."""
