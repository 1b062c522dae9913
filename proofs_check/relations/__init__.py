"""Relations: one rule or wrapper at an edge of its parameters, or in a limit, is another."""
