"""What the site has defined and keeps secret: definitions, sealed keys, the ledger of used tickets."""
