"""`python -m bulkjobs`: the command line."""

from .cli import main

main(prog_name="bulkjobs")
