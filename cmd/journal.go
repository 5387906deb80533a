package cmd

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
	"github.com/piecework/piecework/wallet/tx"
)

// journalAge is how long a sent transaction is remembered; unless it was made anew, it decides nothing any more a day after it was made.
const journalAge = 30 * 24 * time.Hour

// journal holds the signed transactions that were given to a node and are not known to be solid: a file for each, written before it is sent.
// With it `piecework tx status` can tell whether one that no node knows is void by now, and the same bytes can be sent again.
type journal struct{ dir string }

// journalEntry is a transaction of the journal.
type journalEntry struct {
	TxID    tx.ID     `json:"txid"`
	Network string    `json:"network"`
	Genesis string    `json:"genesis"`
	Signed  string    `json:"signed"` // the whole message in hex
	Sent    time.Time `json:"sent"`
	Again   *tx.ID    `json:"again,omitempty"` // of a void one: what took its place
}

func openJournal(c *cli.Context) (*journal, error) {
	dir, err := dataDir(c)
	if err != nil {
		return nil, err
	}
	return &journal{filepath.Join(dir, "sent")}, nil
}

// keep writes a transaction down, durable once it returns.
func (j *journal) keep(network wallet.Network, t *tx.Transaction) error {
	return j.write(network, t, nil)
}

// keepNew is keep for a transaction that is not noted yet, and says whether it was not. Of one that was sent before stays what is known:
// what took its place, and that it may have reached a node then.
func (j *journal) keepNew(network wallet.Network, t *tx.Transaction) (bool, error) {
	if _, _, err := j.find(t.ID()); !isMissingFile(err) {
		return false, err
	}
	return true, j.keep(network, t)
}

// replace writes down that a void transaction was made anew, durable once it returns: so that it is not made anew twice. Of two commands that do it at one
// moment the second is refused: between what it read and now there may have been a person's password and yes.
func (j *journal) replace(network wallet.Network, void *tx.Transaction, by tx.ID) (err error) {
	lock, err := j.lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	entry, _, err := j.find(void.ID())
	switch {
	case err == nil && entry.Again != nil:
		return madeAnew(void.ID(), *entry.Again, "")
	case err != nil && !isMissingFile(err):
		return err
	}
	return j.write(network, void, &by)
}

// lock keeps other processes from changing what a void transaction was made anew as, until it is closed. Its file lies beside the journal's folder, which is
// cleared of what is old.
func (j *journal) lock() (*flock.Flock, error) {
	if err := os.MkdirAll(j.dir, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(j.dir+".lock", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("locking the journal: %w", err)
	}
	return lock, nil
}

func (j *journal) write(network wallet.Network, t *tx.Transaction, again *tx.ID) error {
	entry := journalEntry{TxID: t.ID(), Network: network.Name, Genesis: hex.EncodeToString(network.Genesis[:]), Signed: hex.EncodeToString(t.Bytes()), Sent: time.Now().UTC(), Again: again}
	data, err := json.MarshalIndent(entry, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(j.dir, 0o700); err != nil {
		return err
	}
	j.prune()
	return wallet.WriteFile(j.path(t.ID()), append(data, '\n'))
}

// find gives a transaction back, fs.ErrNotExist when it was never noted here.
func (j *journal) find(id tx.ID) (*journalEntry, *tx.Transaction, error) {
	data, err := os.ReadFile(j.path(id))
	if err != nil {
		return nil, nil, err
	}
	var entry journalEntry
	if err := json.Unmarshal(data, &entry); err != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", j.path(id), err)
	}
	signed, err := tx.Parse([]byte(entry.Signed))
	if err != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", j.path(id), err)
	}
	if signed.ID() != id {
		return nil, nil, fmt.Errorf("reading %s: %w", j.path(id), tx.ErrID)
	}
	return &entry, signed, nil
}

// drop forgets a transaction whose fate is settled. One that stays costs nothing but its file.
func (j *journal) drop(id tx.ID) { _ = os.Remove(j.path(id)) }

// prune drops what is too old to matter.
func (j *journal) prune() {
	files, err := os.ReadDir(j.dir)
	if err != nil {
		return
	}
	for _, f := range files {
		info, err := f.Info()
		if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > journalAge && !j.replaced(f.Name()) {
			_ = os.Remove(filepath.Join(j.dir, f.Name()))
		}
	}
}

// replaced says whether a file's transaction was made anew: that is never forgotten, because its bytes may lie about for years.
func (j *journal) replaced(file string) bool {
	id, err := tx.ParseID(strings.TrimSuffix(file, ".json"))
	if err != nil {
		return false
	}
	entry, _, err := j.find(id)
	return err == nil && entry.Again != nil
}

func (j *journal) path(id tx.ID) string { return filepath.Join(j.dir, id.String()+".json") }

// sentOn makes sure that a transaction that was sent from here is asked about on its own network: any other one would call it void, and safe to make again.
func sentOn(c *cli.Context, s *session, id tx.ID) error {
	journal, err := openJournal(c)
	if err != nil {
		return err
	}
	entry, _, err := journal.find(id)
	if isMissingFile(err) {
		return nil
	}
	if err != nil || entry.Genesis == hex.EncodeToString(s.network.Genesis[:]) {
		return err
	}
	return withHint(fmt.Errorf("%w: %s was sent on %s", node.ErrWrongNetwork, id, entry.Network), "--network and --node name a node of that one.")
}

// madeFor makes sure that a network can tell that it does not have a transaction: it has to have the block that the transaction refers to. To any other the
// transaction of a file is void, and so safe to make again, while it waits or counts on its own. What was sent from here is sentOn's.
func madeFor(c *cli.Context, s *session, t *tx.Transaction, status node.Status) error {
	if status.State != node.Unknown && status.State != node.Expired {
		return nil
	}
	journal, err := openJournal(c)
	if err != nil {
		return err
	}
	if _, _, err := journal.find(t.ID()); !isMissingFile(err) {
		return err
	}
	body := t.Body()
	switch known, err := s.node.HasReference(c.Context, body); {
	case err != nil || known:
		return err
	}
	return withHint(fmt.Errorf("%w: %s refers to the block …%x, %x, which that node does not have", node.ErrWrongNetwork, t.ID(), body.ReferenceBytes, body.ReferenceHash),
		"--network and --node name a node of the network that it was made for. What this one does not know of it says nothing: do not make it again.")
}

func isMissingFile(err error) bool { return errors.Is(err, fs.ErrNotExist) }
