"""Parent orders: started, worked by their algorithm through children, brought to their end."""
