"""Launcher for a checkout: ``python cli.py …`` is ``crmxl …`` without installing it. Nothing else lives here."""

import sys

from crmxl.cli import main

if __name__ == "__main__":
    sys.exit(main(prog_name="crmxl"))
