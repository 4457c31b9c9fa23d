"""The algorithms, pure: no file, no environment, no clock unless `at` is left out."""
