"""Here so that pytest finds this folder's helpers, whichever of its tests is run."""
