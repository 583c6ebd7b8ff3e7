"""The code of the function that starts scheduled runs."""
