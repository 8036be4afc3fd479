"""`python -m workstation` is the command line."""

import sys

from workstation.commands import main

if __name__ == "__main__":
    sys.exit(main())
