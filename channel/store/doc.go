// Package store keeps what a channel service must not lose, in SQL: SQLite by default, PostgreSQL where several servers share one state.
//
// Everything that must be true together is written in one transaction: Update gives one, with methods for every kind of row. The one hot write, the evidence
// of a batch of payments, has a way of its own: SaveEvidence. Both are durable when they return nil.
package store
