"""Cases: the folder, the database, the custody log. The only layer that speaks SQL."""
