"""What McDermott, Heath, Parhi 2026 (arXiv 2606.25342) print: each statement, and each misprint."""
