-- A touchpoint of the kind hand_over says who gave a customer to whom, and lets it be given: see _handing_over().
create index touchpoint_hand_over_idx on cs_health.touchpoint (at) where kind = 'hand_over';
