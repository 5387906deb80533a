DROP INDEX settlements_by_txid;
DROP INDEX channels_by_payer;
