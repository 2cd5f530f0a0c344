"""The same dashboards in a local web page, for those who have no Metabase yet."""
