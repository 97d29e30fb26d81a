"""What a run measures of itself: the clock, the record, and the files made of them."""
