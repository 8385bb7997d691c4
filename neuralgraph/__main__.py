"""``python -m neuralgraph``: the command line."""

import sys

from neuralgraph.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
