"""cfn-lint has nothing to say of any kind of template."""

from __future__ import annotations

import pytest
from deploy_fixtures import KINDS, Describe, lint

from launch.deploy.template import as_text, storage_template, whole_template


@pytest.mark.parametrize("kind", KINDS)
def test_cfn_lint_finds_nothing(describe: Describe, kind: str) -> None:
    description = describe(**KINDS[kind])
    assert lint(as_text(whole_template(description)[0])) == []
    if description.target.create_bucket:
        assert lint(as_text(storage_template(description))) == []
