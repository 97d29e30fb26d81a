"""`python -m live` is the same program as `convviz`."""

import sys

from live.cli import main

sys.exit(main())
