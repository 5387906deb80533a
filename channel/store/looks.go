package store

import "github.com/piecework/piecework/channel"

// Look is a seeder that may lack something at its hub. It is noted in the transaction that may make it so, and dropped by who has looked and found that it does not.
type Look struct {
	Seeder channel.Seeder
	Waits  bool  // it has no channel, and no downloader wants it
	Since  int64 // unix milliseconds: when it was registered or noted
	mark   int64 // as it was read: what is noted meanwhile stays
}

// NoteLook notes a seeder. Who waits only does not go back to waiting by being noted; see WaitLook. Seeders are noted at the end of a transaction, in the order of their
// addresses, so that two never wait for each other.
func (t *Tx) NoteLook(l Look) error {
	_, err := t.exec(`INSERT INTO looks (payee, asset, waits, since, mark) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (payee, asset) DO UPDATE SET mark = looks.mark + 1, waits = CASE WHEN $3 = 0 THEN 0 ELSE looks.waits END`,
		l.Seeder.Payee[:], assetWord(l.Seeder.Asset), flag(l.Waits), l.Since)
	return err
}

// Looks reads at most limit of those that wait, or do not, after another in the order of their time; the zero Look is before the first.
func (t *Tx) Looks(a channel.Asset, waits bool, after Look, limit int) (list []Look, err error) {
	err = t.each(`SELECT l.payee, l.since, l.mark, s.wanted, s.created FROM looks l JOIN seeders s ON s.payee = l.payee AND s.asset = l.asset
		WHERE l.asset = $1 AND l.waits = $2 AND l.since >= $3 AND (l.since > $3 OR l.payee > $4) ORDER BY l.since, l.payee LIMIT $5`,
		[]any{assetWord(a), flag(waits), after.Since, after.Seeder.Payee[:], int64(limit)}, func(scan func(...any) error) error {
			l := Look{Seeder: channel.Seeder{Asset: a}, Waits: waits}
			err := scan(address{&l.Seeder.Payee}, &l.Since, &l.mark, amount{&l.Seeder.Wanted}, &l.Seeder.Created)
			list = append(list, l)
			return err
		})
	return list, err
}

// DropLook forgets one that was looked at, unless it was noted again since.
func (t *Tx) DropLook(l Look) error {
	_, err := t.exec(`DELETE FROM looks WHERE payee = $1 AND asset = $2 AND mark = $3`, l.Seeder.Payee[:], assetWord(l.Seeder.Asset), l.mark)
	return err
}

// WaitLook puts one that was looked at among those that wait for their first channel, in the order of registration, unless it was noted again since.
func (t *Tx) WaitLook(l Look) error {
	_, err := t.exec(`UPDATE looks SET waits = 1, since = $1 WHERE payee = $2 AND asset = $3 AND mark = $4`, l.Seeder.Created, l.Seeder.Payee[:], assetWord(l.Seeder.Asset), l.mark)
	return err
}

// Waiting counts the seeders that wait for their first channel, up to a limit.
func (t *Tx) Waiting(a channel.Asset, limit int) (int, error) {
	var n int64
	err := t.get(`SELECT COUNT(*) FROM (SELECT 1 FROM looks WHERE asset = $1 AND waits = 1 LIMIT $2) AS waiting`, []any{assetWord(a), int64(limit)}, &n)
	return int(n), err
}

// ForgetWaiting forgets at most limit seeders that have waited since before a time, in unix milliseconds, and says how many.
func (t *Tx) ForgetWaiting(a channel.Asset, before int64, limit int) (forgotten int, err error) {
	list, err := t.Looks(a, true, Look{}, limit)
	for i := 0; i < len(list) && err == nil && list[i].Since < before; i++ {
		seeder := &list[i].Seeder
		var n int64
		if n, err = t.exec(`DELETE FROM looks WHERE payee = $1 AND asset = $2 AND waits = 1 AND mark = $3`, seeder.Payee[:], assetWord(a), list[i].mark); err == nil && n > 0 {
			_, err = t.exec(`DELETE FROM seeders WHERE payee = $1 AND asset = $2`, seeder.Payee[:], assetWord(a))
			forgotten++
		}
	}
	return forgotten, err
}
