"""Pure functions from DataFrame to DataFrame, and the preprocessor they learn and apply."""
