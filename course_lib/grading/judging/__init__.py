"""Judge one notebook: which statements are an exercise's, whether they may count, and what they come to."""
