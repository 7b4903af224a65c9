"""Where the models meet: draws, the engine, the outcome."""
