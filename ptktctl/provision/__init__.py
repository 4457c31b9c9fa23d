"""What a host has to be told for a definition to work: wishes in, commands for RACF, ACF2 and Top Secret out."""
