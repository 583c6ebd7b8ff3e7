"""Kill, starve and cut off runs at seeded moments; count what a reader finds afterwards."""
