"""A real WordPress, for the journeys that begin there."""

from tests.real_wordpress import running_wordpress, wordpress

__all__ = ["running_wordpress", "wordpress"]
