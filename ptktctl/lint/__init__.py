"""Files to findings: what the configuration of a site says, and where it does not fit together."""
