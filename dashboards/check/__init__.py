"""What must hold across a dashboard: its grid, its SQL, its filters and its links."""
