"""Lessons about other systems than Flask: each runs in a process of its own, started on demand."""
