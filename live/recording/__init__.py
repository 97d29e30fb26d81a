"""What a run keeps: recordings and snapshots."""
