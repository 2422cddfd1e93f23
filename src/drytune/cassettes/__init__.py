"""Cassettes: recorded exchanges in a file that may be committed, and that vcrpy can read too."""
