"""featkit against its peers: ``python -m benchmarks``. Not part of the wheel."""
