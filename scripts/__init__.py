"""What builds and shows the project; no part of the line."""
