"""Deribit as a venue of livexec; `livexec_deribit.plugin` is where livexec comes in."""
