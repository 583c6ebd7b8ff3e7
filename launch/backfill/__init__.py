"""One run for each day of a range: which days are done, what is started next, how each ended."""
