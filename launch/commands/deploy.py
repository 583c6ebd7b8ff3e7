"""``launch deploy``, ``diff`` and ``destroy``."""

from __future__ import annotations

from pathlib import Path

import click

from launch.commands.common import (
    JSON,
    console,
    description_options,
    note,
    print_json,
    read_description,
)
from launch.commands.deploy_screen import (
    Screen,
    asked,
    refuse_errors,
    show_difference,
    show_next_steps,
    show_schedules,
)

_DEPLOY = """\b
Examples:
  launch deploy --target prod --dry-run > template.json
  launch deploy --target prod
  launch deploy --target prod --yes        # in CI
"""
_DIFF = """\b
Examples:
  launch diff --target prod
  launch diff --target prod --json
"""
_DESTROY = """\b
Example:
  launch destroy --target prod
"""
_YES = click.option("--yes", "-y", is_flag=True, help="Do not ask; for CI.")
_POLL = click.option(
    "--poll", type=click.FloatRange(min=0.1), default=5.0, show_default=True,
    help="Seconds between two looks at the stack.",
)  # fmt: skip


@click.command(epilog=_DEPLOY)
@description_options
@click.option("--dry-run", is_flag=True, help="Print the template alone; needs no credentials.")
@_YES
@_POLL
def deploy_command(
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    poll: float,
) -> int:
    """Set up schedules, alerts, storage and roles as one CloudFormation stack.

    Shows when the jobs run next and what would change, and asks before it changes anything. What
    scheduled jobs are made of is packed now: after a change of code or launch.yaml, deploy again.
    """
    from launch.aws.session import open_session
    from launch.deploy.deployment import Deployment, stack_of
    from launch.deploy.ready import account_findings, job_findings
    from launch.deploy.template import as_text, whole_template

    description = read_description(file, target, variables)
    template, scheduled, starter = whole_template(description)
    if dry_run:
        click.echo(as_text(template))
        return 0
    show_schedules(scheduled)
    refuse_errors(job_findings(description, scheduled))
    session = open_session(description.target)
    stack = stack_of(description, session, poll)
    deployment = Deployment(description, session, stack, Screen(yes))
    deployed = deployment.check()
    refuse_errors(account_findings(description, scheduled, session))
    done = deployment.run(deployed, template, scheduled, starter)
    if done is None:
        note(f"{stack.name}: no changes")
    elif done:
        note(f"{stack.name} is deployed")
        show_next_steps(description)
    return 0


@click.command(epilog=_DIFF)
@description_options
@JSON
def diff_command(file: Path | None, target: str, variables: tuple[str, ...], as_json: bool) -> None:
    """Show what `launch deploy` would change, resource by resource; changes nothing."""
    from launch.aws.session import open_session
    from launch.deploy.deployment import stack_of
    from launch.deploy.difference import differences
    from launch.deploy.ready import refuse_foreign_stack, refuse_wrong_account
    from launch.deploy.template import whole_template

    description = read_description(file, target, variables)
    template, _, _ = whole_template(description)
    session = open_session(description.target)
    refuse_wrong_account(description, session)
    stack = stack_of(description, session, 5.0)
    deployed = stack.deployed()
    if deployed:
        refuse_foreign_stack(description, deployed)
    found = differences(deployed.resources if deployed else {}, template["Resources"])
    if as_json:
        state = {"stack": stack.name, "status": deployed.status if deployed else None}
        print_json({**state, "differences": [item.to_json() for item in found]})
        return
    if deployed is None:
        note(f"{stack.name} is not deployed; `launch deploy` would make it")
    elif not found:
        note(f"{stack.name}: no differences")
    for item in found:
        show_difference(item)


@click.command(epilog=_DESTROY)
@description_options
@_YES
@_POLL
def destroy_command(
    file: Path | None, target: str, variables: tuple[str, ...], yes: bool, poll: float
) -> int:
    """Take schedules, alerts and roles down; the bucket and all data stay."""
    from launch.aws.session import open_session
    from launch.deploy.deployment import stack_of, what_stays
    from launch.deploy.ready import refuse_foreign_stack, refuse_wrong_account

    description = read_description(file, target, variables)
    session = open_session(description.target)
    stack = stack_of(description, session, poll)
    refuse_wrong_account(description, session)
    deployed = stack.deployed()
    if deployed is None:
        note(f"{stack.name} is not deployed; there is nothing to take down")
        return 0
    refuse_foreign_stack(description, deployed)
    out = console(err=True)
    for name, resource in sorted(deployed.resources.items()):
        if resource.get("DeletionPolicy") != "Retain":
            out.print(f"  [red]goes[/]   {name}  [dim]{resource['Type']}[/]")
    for text in what_stays(description):
        out.print(f"  [green]stays[/]  {text}")
    if asked(yes, f"take {stack.name} down?"):
        stack.delete(Screen(yes).event)
        note(f"{stack.name} is gone")
    return 0
