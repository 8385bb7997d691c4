"""indexes: see ARCHITECTURE.md."""
