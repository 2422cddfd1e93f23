"""``python -m drytune``."""

from drytune.cli import main

main()
