"""From a job of launch.yaml to the exact CreateProcessingJob request, as plain data."""
