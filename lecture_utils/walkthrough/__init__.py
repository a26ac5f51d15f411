"""A calculation written out step by step, with the numbers of a trace."""

from lecture_utils.walkthrough.explanation import explain, show_stage

__all__ = ["explain", "show_stage"]
