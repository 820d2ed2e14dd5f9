"""The dashboard: receives, keeps and shows what tracers send."""
