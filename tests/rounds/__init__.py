"""A budget round of sixty units, end to end through the command line, and what it must come to."""
