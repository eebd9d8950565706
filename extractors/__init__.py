"""From bytes to text to triage to fields; knows no connector and no YAML."""
