"""What a council changes: YAML, and the modules that read it and explain its mistakes."""
