"""language: see ARCHITECTURE.md."""
