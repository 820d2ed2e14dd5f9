"""Section 13: functions with some arguments given already."""
