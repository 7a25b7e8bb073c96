"""Plain frozen data: what goes in and what comes back. No I/O, and no import of how it is displayed."""
