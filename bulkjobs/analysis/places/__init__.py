"""Where a posting is: countries, states and cities, by the tables of well-kept libraries."""

from .fields import city, country_iso_2, country_iso_3, region, state
from .place import PLACE, place

__all__ = ["PLACE", "city", "country_iso_2", "country_iso_3", "place", "region", "state"]
