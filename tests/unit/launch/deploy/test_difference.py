"""What differs between two templates."""

from __future__ import annotations

from launch.deploy.difference import Setting, differences, settings


def test_resources_come_go_and_change() -> None:
    before = {"A": {"Type": "T", "P": 1}, "B": {"Type": "T"}, "D": {"Type": "T"}}
    after = {"A": {"Type": "T", "P": 2}, "C": {"Type": "U"}, "D": {"Type": "T"}}
    found = [(item.resource, item.change) for item in differences(before, after)]
    assert found == [("A", "changed"), ("B", "removed"), ("C", "added")]
    assert differences(before, after)[0].settings == (Setting("P", 1, 2),)


def test_settings_are_named_by_their_path() -> None:
    before = {"a": {"b": [1, 2]}, "gone": 1}
    after = {"a": {"b": [1, 3, 4]}, "new": None}
    assert settings(before, after) == (
        Setting("a.b.1", 2, 3),
        Setting("a.b.2", None, 4),
        Setting("gone", 1, None),
        Setting("new", None, None),
    )
    assert settings({"a": 1}, {"a": [1]}) == (Setting("a", 1, [1]),)
