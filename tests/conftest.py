"""Settings that all tests share."""

from hypothesis import settings

# The same examples in each run, and no time limit, which a busy machine would break.
settings.register_profile("lectures", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("lectures")
