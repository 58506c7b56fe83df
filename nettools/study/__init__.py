"""History and example strategies: the same rules over months of data."""
