"""What `check` needs: run a definition's examples and hidden test, compare, and say what is wrong."""
