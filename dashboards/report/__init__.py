"""The executive report: one week of the plant on one page, from the dashboards' own questions."""
