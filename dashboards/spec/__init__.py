"""What a dashboard and its questions may say, and how their files are read."""
