"""The equations: pure functions of arrays with axes (period, territory, draw)."""
