"""Names and registries for logs and metrics; no exporters."""
