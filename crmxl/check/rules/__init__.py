"""Rules: each a function from evidence to findings, its words in the catalogue, its limits in the template."""
