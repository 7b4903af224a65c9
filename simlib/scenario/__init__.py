"""What the strategist writes: quantities, sections, files."""
