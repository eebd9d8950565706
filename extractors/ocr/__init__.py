"""OCR: a picture of a page stands upright, is straightened, cleaned, and becomes words with places."""
