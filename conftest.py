"""What holds for every test, ours and those of the distributions under `plugins/`."""

import os

from hypothesis import settings

import plugins  # first of all: the folder beside this file has the same name, and pytest would take that for it

assert plugins.__file__ is not None, "the folder of venues' distributions is in the place of src/plugins"  # noqa: S101 - of tests

# No test judges time, so no example has a deadline; the same examples come every run, so a failure can be repeated.
settings.register_profile("livexec", deadline=None, derandomize=True, print_blob=True)
# LIVEXEC_HYPOTHESIS=explore draws new examples every run, and more of them.
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("LIVEXEC_HYPOTHESIS", "livexec"))
