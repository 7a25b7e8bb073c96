"""From a question to an answer: lookup, comprehension, merge, verification."""
