"""Two exhibits, or two moments of one, beside each other and in step."""
