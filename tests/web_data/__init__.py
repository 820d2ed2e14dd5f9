"""The dashboard's data side: store, ingest, live fan-out, recordings."""
