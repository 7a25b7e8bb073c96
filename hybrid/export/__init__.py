"""What leaves the notebook: reports of answers."""
