"""What the portal costs, beside what others do on the same machine in the same run (docs/performance.md)."""
