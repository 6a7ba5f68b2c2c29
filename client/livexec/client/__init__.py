"""An asyncio client of the execution service: safe retry with one operation id, streams that resume, typed results."""
