"""Other people's test suites, traced and untraced: ``make suites``."""
