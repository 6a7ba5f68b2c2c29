"""One order's life, the table of legal moves, and the book of all orders."""
