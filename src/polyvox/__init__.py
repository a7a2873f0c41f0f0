"""Search speech and text in any language through one embedding space."""
