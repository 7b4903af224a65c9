"""What people look at: tables, charts, reports."""
