"""Grammars that keep a reply well-formed: tool calls in the model's own syntax, and JSON."""

from glmkit.serving.grammar.compiler import GrammarCompiler

__all__ = ["GrammarCompiler"]
