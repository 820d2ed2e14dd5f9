"""The probes of databases, Redis and logs, on real servers."""
