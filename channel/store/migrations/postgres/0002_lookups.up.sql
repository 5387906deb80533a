CREATE INDEX channels_by_payer ON channels (payer, state);
CREATE INDEX settlements_by_txid ON settlements (txid);
