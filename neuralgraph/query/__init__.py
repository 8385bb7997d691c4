"""query: see ARCHITECTURE.md."""
