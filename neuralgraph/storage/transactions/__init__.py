"""transactions: see ARCHITECTURE.md."""
