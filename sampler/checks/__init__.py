"""Checks: pure functions from the facts of a render to evidence of what is wrong, one file a family."""
