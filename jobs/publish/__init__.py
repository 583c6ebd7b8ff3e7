"""Publish a finished run: all of it at once, and no run disturbs another.

``OUTPUT/manifest.json`` names the files of the result. A run stages its files in a directory of
its own, moves them in under names that no other run has, and exchanges the manifest, only if it is
still the one the run found when it began. What no manifest names any more is removed after that.
"""
