"""Chooses which adapter stands behind each port, and starts and stops it. The one room that imports every other."""
