"""storage: see ARCHITECTURE.md."""
