"""Protocol knowledge of mi_bms: pure functions and tables, no I/O, no clock, no Home Assistant.

Layout: ``model`` is the shared vocabulary, ``mibeacon`` decodes adverts of sensors, ``bms`` knows
battery families, ``link`` runs a family's plan over a connection that the caller provides, ``air`` takes any
advert apart for people.
"""
