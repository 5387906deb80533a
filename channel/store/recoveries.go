package store

// Recovery is what the operator asks of a hub's recovery. The zero one begins it under no word.
type Recovery struct {
	Ends bool   // ask that it ends, not that it begins
	Word string // tells one recovery from the next
}

func (r Recovery) key() string {
	if r.Ends {
		return "end " + r.Word
	}
	return "begin " + r.Word
}

// AskRecovery notes what is asked for and says whether it is asked for the first time, and since when it is known (unix milliseconds). What begins is yet to be ended: any word can
// end it.
func (t *Tx) AskRecovery(r Recovery, now int64) (since int64, first bool, err error) {
	n, err := t.exec(`INSERT INTO recoveries (word, begun) VALUES ($1, $2) ON CONFLICT (word) DO NOTHING`, r.key(), now)
	if err != nil {
		return 0, false, err
	}
	if first = n == 1; first && !r.Ends {
		if _, err := t.exec(`DELETE FROM recoveries WHERE word LIKE 'end %'`); err != nil {
			return 0, false, err
		}
	}
	err = t.get(`SELECT begun FROM recoveries WHERE word = $1`, []any{r.key()}, &since)
	return since, first, err
}
