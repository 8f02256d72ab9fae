"""Messages in, receipts out; every refusal is a decision (errors.DeliveryError)."""
