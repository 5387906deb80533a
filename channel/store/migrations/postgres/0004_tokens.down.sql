DROP INDEX feed_by_channel;
DROP TABLE tokens;
