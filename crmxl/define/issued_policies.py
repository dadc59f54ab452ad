"""Policies that were issued never change in their version: their digests are kept beside them, as issued.py does it.

``python -m crmxl.define.issued_policies [--write]`` keeps ``templates/policies/ISSUED``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from crmxl.define.issued import ISSUED, digest, read_issued
from crmxl.define.library import SUFFIX
from crmxl.define.policies import Policies, shipped
from crmxl.errors import CrmxlError, Problem
from crmxl.files import write_atomically
from crmxl.policy import Policy


def fingerprint(policy: Policy) -> str:
    """SHA-256 of what ``policy`` says, as hex, as issued.py makes it of templates; limits count as written."""
    return digest(policy)


def check_issued(policy: Policy, issued: Mapping[str, str] | None = None) -> Problem | None:
    """The problem when ``policy`` differs from the version issued under its name, else None."""
    known = read_issued(shipped() / ISSUED) if issued is None else issued
    if known.get(policy.name, fingerprint(policy)) == fingerprint(policy):
        return None
    message = f"version {policy.version} was issued and differs; an issued version never changes, raise `version`"
    return Problem(f"templates/policies/{policy.id}{SUFFIX}: version", message)


def write_issued(policies: Policies, path: Path | None = None) -> tuple[str, ...]:
    """Add versions that are not listed yet; returns the added lines.

    Raises CrmxlError when a listed version differs, and writes nothing then.
    """
    target = path or shipped() / ISSUED
    issued = read_issued(target)
    problems = [problem for policy in policies.all() if (problem := check_issued(policy, issued))]
    if problems:
        raise CrmxlError("\n".join(map(str, problems)))
    added = tuple(_line(policy) for policy in policies.all() if policy.name not in issued)
    if added:
        old = target.read_text(encoding="utf-8") if target.exists() else ""
        new = old if not old or old.endswith("\n") else f"{old}\n"
        write_atomically(target, (new + "".join(f"{line}\n" for line in added)).encode())
    return added


def _line(policy: Policy) -> str:
    return f"{policy.name} {fingerprint(policy)}"


def main(arguments: Sequence[str]) -> int:
    """Print the lines of the shipped policies, or with ``--write`` the lines added; returns the exit code."""
    try:
        if list(arguments) not in ([], ["--write"]):
            raise CrmxlError("usage: python -m crmxl.define.issued_policies [--write]")
        policies = Policies()
        lines = write_issued(policies) if arguments else tuple(map(_line, policies.all()))
    except CrmxlError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
