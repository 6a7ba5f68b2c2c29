"""The shared vocabulary and the promises: names things and says what they mean, never how. Standard library only."""
