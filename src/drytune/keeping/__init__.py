"""A tuned model kept: what it answers now, in an archive that answers when it is gone."""
