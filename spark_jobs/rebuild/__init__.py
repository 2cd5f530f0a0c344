"""The warehouse anew, from bronze alone."""
