"""`python3 -m k3s_standin`."""

import sys

from .cli import main

sys.exit(main())
