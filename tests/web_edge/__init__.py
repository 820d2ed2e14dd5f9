"""The dashboard's edge: gate, keys, fire, pages, start and command line."""
