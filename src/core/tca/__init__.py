"""Transaction cost analysis: what an order cost beside the market it met (docs/tca.md)."""
