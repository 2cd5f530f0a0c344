"""The kinds of things that we keep in Metabase: how each is found, made, changed and removed."""
