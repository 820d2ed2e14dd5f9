"""Section 2: what stands between the server and a view."""
