"""Evaluate a trained model on rows it has not seen: figures, a page, and a gate."""
