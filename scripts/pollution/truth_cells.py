"""The cells of a row that the truth of a polluted file has, in its order."""

CELLS = [
    "partner_id", "partner_name", "country", "offer_type", "offer_name", "level", "purchase_date", "renewal_start_date",
    "fee", "currency",
]
