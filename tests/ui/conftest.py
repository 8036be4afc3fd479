"""What every test of the window needs: no display, no settings of the person running it."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
