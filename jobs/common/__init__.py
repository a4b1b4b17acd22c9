"""What every job shares: the declaration, the session, contracts, conforming, writing, results."""
