"""Evidence is opened in processes of its own, each of which sees one file and little else.

A *worker* process opens one exhibit's bytes for one reader, under limits. What it says is bounded,
checked and never unpickled; pixels come in memory that both share. Where it dies or hangs, this
process notices, says why, and goes on.
"""
