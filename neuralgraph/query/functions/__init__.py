"""functions: see ARCHITECTURE.md."""
