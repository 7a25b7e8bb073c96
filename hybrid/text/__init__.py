"""Text: sentences, words and what they say, and how text is laid out."""
