"""Northborough District Council's invented back office: an API and dated screens over one database."""
