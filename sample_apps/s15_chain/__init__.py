"""Section 15: lists that are walked through as one."""
