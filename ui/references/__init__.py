"""Exhibits known authentic, and the questioned exhibit beside them."""
