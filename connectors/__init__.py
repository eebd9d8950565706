"""The outside world, a module or folder per system; knows no extractor and no YAML."""
