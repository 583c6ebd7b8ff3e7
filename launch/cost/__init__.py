"""What runs took, published and cost, and what the next ones will."""
