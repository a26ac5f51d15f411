"""Turns the notebooks into what is handed out: slides, notes, PDF, student notebooks and a site."""
