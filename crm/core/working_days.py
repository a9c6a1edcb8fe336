"""Working days of a region: public holidays and the company's own. Pure: no Django, no clock."""
