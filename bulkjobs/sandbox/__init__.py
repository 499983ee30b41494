"""A local stand-in for the vendor's service: the same HTTP contract over any dataset, with no key and no bill."""

from .faults import Fault, FaultPlan
from .server import Sandbox
from .settings import Settings

__all__ = ["Fault", "FaultPlan", "Sandbox", "Settings"]
