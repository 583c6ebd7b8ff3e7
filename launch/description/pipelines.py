"""Chains of jobs: prepare, train, evaluate, and a model that is registered if it is good enough."""

from __future__ import annotations

from launch.description.parts import Model, Name


class Pipeline(Model):
    """One chain. ``launch pipeline`` renders and starts it."""

    prepare: Name
    evaluate: Name
