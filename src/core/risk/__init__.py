"""Pre-trade risk: one small rule a file, and the engine that asks them all."""
