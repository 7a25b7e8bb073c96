"""What leaves the notebook: the list of exhibits and the report of the answers."""
