"""Section 1: the same small application in five systems, each in a process of its own."""
