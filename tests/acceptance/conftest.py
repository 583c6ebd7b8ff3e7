"""A small model and its test rows; a cluster of separate processes; one Spark for a module."""

from cluster_fixture import cluster, run  # noqa: F401
from evaluate_fixtures import evaluate, frame, model, put_model, put_rows, ready  # noqa: F401
