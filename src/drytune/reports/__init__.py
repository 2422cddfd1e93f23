"""Reports: what drytune found, for people to read."""
