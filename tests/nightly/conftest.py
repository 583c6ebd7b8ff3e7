"""A cluster of separate processes; one Spark for a module."""

from cluster_fixture import cluster, run  # noqa: F401
