"""Interactive Brokers as a venue of livexec; `livexec_ibkr.plugin` is where livexec comes in."""
