"""Quantity, cost and P&L from fills; exposure with every open order at its worst."""
