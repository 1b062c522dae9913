"""What laws answer: metrics, capacities, horizons, best parameters, stability, steady states."""
