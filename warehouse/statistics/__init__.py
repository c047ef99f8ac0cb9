"""Statistics that SQL does badly, on small tables of counts: pure functions that the Python models call."""
