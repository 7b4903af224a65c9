"""From history to the future: reference histories, fits, forecasts and what they would have been worth."""
