"""ICT's pages: health, runs, failures and configurations, and trying and pausing what is connected."""
