"""The data room: files -> conversations -> samples -> packed rows. ``pack`` needs torch and is imported by name."""
