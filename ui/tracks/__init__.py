"""The people in an exhibit: its face tracks, and how the examiner grouped them."""
