"""Section 19: sessions that are kept on the server."""
