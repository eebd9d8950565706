"""Every change of the tables, in order; applied by `Ledger.migrate`."""
