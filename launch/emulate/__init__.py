"""Play a processing request on this machine, with the parts SageMaker's Spark image has."""
