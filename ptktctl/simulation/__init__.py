"""Documented flows played with the real generator, evaluator and ledger on a simulated clock."""
