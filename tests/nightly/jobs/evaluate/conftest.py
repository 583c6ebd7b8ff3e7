"""A small model on disk, test rows, and the command as a user types it."""

from evaluate_fixtures import evaluate, frame, model, put_model, put_rows, ready  # noqa: F401
