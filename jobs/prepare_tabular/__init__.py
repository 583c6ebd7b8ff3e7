"""The prepare job for data that fit one machine: pandas and numpy, no Spark, no Java, no Arrow."""
