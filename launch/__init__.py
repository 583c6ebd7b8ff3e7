"""Laptop and CI only: what packs and sends a job. Imports none of jobs, transforms, schemas."""
