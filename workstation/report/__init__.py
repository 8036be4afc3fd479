"""Report: the signed PDF and its verification.

`sections.SECTIONS` lists what a report contains; `writer.write_report` makes one,
`verification.verify_report` judges one.
"""
