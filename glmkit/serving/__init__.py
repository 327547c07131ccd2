"""The serving room: requests in, continuations out (``engine``), and the terminal chat on top (``terminal``)."""
