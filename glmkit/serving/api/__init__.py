"""The API room of serving: OpenAI's routes over the engine. ``command`` starts it, ``app`` joins its parts."""
