"""``python samples/rounds/sixty/run.py [DIR]``: the round of sixty units from end to end; see README.md beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.rounds.sixty import main

if __name__ == "__main__":
    sys.exit(main())
