"""The parts of `workstation evaluate`: labelled clips in, figures, tables and plots out."""
