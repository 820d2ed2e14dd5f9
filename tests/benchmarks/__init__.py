"""Figures of docs/performance.md: ``make bench``. Not collected by pytest: timing is no test."""
