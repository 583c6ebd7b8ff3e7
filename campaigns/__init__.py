"""Campaigns against the jobs: faults, bad input, load. Nothing here is imported by the rest."""
