"""`python -m polyvox` is `polyvox`."""

from polyvox.cli import main

raise SystemExit(main())
