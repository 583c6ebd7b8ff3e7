"""From a chain in launch.yaml to a SageMaker pipeline: rendered, sent, started, or played here."""
