"""Where a posting is: countries, states and cities, by the tables of well-kept libraries."""

from .place import PLACE, city, country_iso_2, country_iso_3, place, region, state

__all__ = ["PLACE", "city", "country_iso_2", "country_iso_3", "place", "region", "state"]
