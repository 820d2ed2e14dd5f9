"""The HTTP API, one blueprint a noun."""
