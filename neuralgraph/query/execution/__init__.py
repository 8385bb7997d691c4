"""execution: see ARCHITECTURE.md."""
