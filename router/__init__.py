"""Which memory a question goes to: a trained and calibrated classifier."""
