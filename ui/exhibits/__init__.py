"""The list of exhibits."""
