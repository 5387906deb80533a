ALTER TABLE sessions DROP COLUMN withheld;
DROP INDEX channels_by_pair;
DROP TABLE promises;
DROP TABLE unmerged;
DROP TABLE seeders;
