"""Checks of the exercises: each says in one line what to look at, and never the solution.

Each lecture has a module of its own, with one function for each of its tasks.
"""

from lecture_utils.exercises.progress import show_progress

__all__ = ["show_progress"]
