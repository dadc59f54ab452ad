"""What the commands do: open, call, print; each gives the exit code where it may be other than 0."""
