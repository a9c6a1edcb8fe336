"""When the next reminder of an offer is due and why, or why none will come. Pure: no Django, no clock."""
