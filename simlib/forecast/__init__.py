"""From history to the future: reference histories and fits."""
