"""The data of each chart and of the table below it. Pure: no Django, no clock."""
