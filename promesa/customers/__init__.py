"""One customer: the view, consent, and the customer's own control of their data."""
