"""The job against Spark's floor, a tutorial's script, and the dataframe libraries."""
