"""`glmkit quickstart`: from a data file to a tuned model, with the proof. Start reading at ``command``."""
