"""The product's tables and every query on them."""
