"""How good a model is on a file of conversations: loss on labelled tokens, and what it says at each trained turn."""
