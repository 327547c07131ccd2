"""Training: from a TrainConfig to a run folder. Start reading at ``loop``."""
