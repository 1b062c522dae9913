"""Feature maps of keys, one per file; the module's name is the map's name on the command line."""
