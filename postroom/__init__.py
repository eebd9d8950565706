"""The words and rules of the post room; imports nothing else of the project."""
