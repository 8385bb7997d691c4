"""disk: see ARCHITECTURE.md."""
