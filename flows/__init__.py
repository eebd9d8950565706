"""The only place that knows Prefect: order, retries, concurrency."""
