"""Where events go: into memory, or to a dashboard."""
