"""What SageMaker's Spark image makes of the machines it is given."""
