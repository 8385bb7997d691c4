"""versions: see ARCHITECTURE.md."""
