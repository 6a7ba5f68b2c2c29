"""NautilusTrader: one node, the paper venues on its sandbox, and the translation both ways. Nobody else imports it."""
