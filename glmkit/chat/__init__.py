"""The language room: conversations, tokenizer, chat protocols. Imports nothing of ours and no torch."""
