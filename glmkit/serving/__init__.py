"""The serving room: requests in, continuations out (``engine``), and the terminal chat on top (``terminal``).

Read ``engine`` first. A step goes through ``scheduler`` and ``pages`` (who runs, in which pages), ``adapters``,
``constraint`` (masks, written meanwhile), ``sampler`` and ``sampling`` (the next tokens), ``stop_strings``.
"""
