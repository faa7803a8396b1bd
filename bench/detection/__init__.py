"""What is found, how soon and at what price, on labelled worlds; ours and the published detectors."""

import os

from streams.__main__ import ONE_THREAD

# Before numpy is loaded: its threads only wait for each other on matrices as small as a window.
for variable in ONE_THREAD:
    os.environ.setdefault(variable, "1")
