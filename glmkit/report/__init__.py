"""Pictures and pages of what was read or trained: files anyone can open, each written from plain numbers and texts."""
