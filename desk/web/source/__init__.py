"""The source beside the fields: what arrived, shown so that nothing in it can act."""
