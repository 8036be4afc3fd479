"""Analysis: faces, tracks, crops, scores, segments and findings."""
