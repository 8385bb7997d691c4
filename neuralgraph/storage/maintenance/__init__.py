"""maintenance: see ARCHITECTURE.md."""
