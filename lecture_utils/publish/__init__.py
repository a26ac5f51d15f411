"""Turns the notebooks into what is handed out: slides, notes, PDF files and a site."""
