"""What decides, in the words of trading, and never waits."""
