"""What the numbers mean: value, negotiation, drivers."""
