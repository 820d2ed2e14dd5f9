"""Section 20: several applications in one program, and what the sections before add up to."""
