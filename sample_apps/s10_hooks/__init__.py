"""Section 10: functions that run before, after and instead of a view."""
