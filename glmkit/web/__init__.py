"""`glmkit web`: a page in the browser for chat, tools and code, over an OpenAI-compatible API."""
