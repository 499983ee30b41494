"""What postings say, as columns one can count with; needs the extra ``analysis``."""
