"""Thin ipywidgets views on the objects of `bulkjobs`; needs the extra ``bulkjobs[widgets]``."""
