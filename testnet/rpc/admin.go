package rpc

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
)

// MaxGenerated is the most accounts that one request to /admin makes, and maxKept the most that are remembered.
const (
	MaxGenerated     = 100
	maxKept          = 10_000
	defaultGenerated = 10
)

// people are the accounts whose keys everybody may know.
type people struct {
	mu    sync.Mutex // covers more
	more  []generated
	first []*wallet.Key
}

// generated is a set of accounts that was asked for later.
type generated struct {
	mnemonic string
	keys     []*wallet.Key
}

func keyHex(k *wallet.Key) string {
	raw := k.Bytes()
	return hexText(raw[:])
}

// serveAdmin answers the paths of TronBox's runtime environment and its predecessor.
func (s *Server) serveAdmin(w http.ResponseWriter, r *http.Request) {
	switch strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/admin"), "/") {
	case "":
		writeText(w, "Welcome to Piecework's testnet, a Tron node of java-tron "+s.config.version()+"\n")
	case "/accounts":
		writeText(w, s.accountsText(r.URL.Query().Get("format")))
	case "/accounts-json":
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write([]byte(s.accountsObject().String()))
	case "/temporary-accounts-generation", "/accounts-generation":
		s.serveGeneration(w, r)
	default:
		http.NotFound(w, r)
	}
}

func writeText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text))
}

// accountsObject is what TronBox reads: it takes privateKeys as its accounts.
func (s *Server) accountsObject() *javajson.Object {
	o := javajson.NewObject().Put("hdPath", s.config.HDPath).Put("mnemonic", s.config.Mnemonic).Put("privateKeys", keyList(s.people.first))
	s.people.mu.Lock()
	defer s.people.mu.Unlock()
	if len(s.people.more) > 0 {
		more := javajson.Array{}
		for _, g := range s.people.more {
			more = append(more, javajson.NewObject().Put("hdPath", s.config.HDPath).Put("mnemonic", g.mnemonic).Put("privateKeys", keyList(g.keys)))
		}
		o.Put("more", more)
	}
	return o
}

func keyList(keys []*wallet.Key) javajson.Array {
	list := javajson.Array{}
	for _, k := range keys {
		list = append(list, keyHex(k))
	}
	return list
}

// accountsText lists accounts for people; format hex or all asks for addresses in hex.
func (s *Server) accountsText(format string) string {
	s.people.mu.Lock()
	sets := append([]generated{{s.config.Mnemonic, s.people.first}}, s.people.more...)
	s.people.mu.Unlock()
	var b strings.Builder
	for _, set := range sets {
		b.WriteString(s.setText(set, format))
	}
	return b.String()
}

func (s *Server) setText(set generated, format string) string {
	var b strings.Builder
	b.WriteString("\nAvailable Accounts\n==================\n\n")
	for i, k := range set.keys {
		a := k.Address()
		shown := a.String()
		switch format {
		case "hex":
			shown = a.Hex()
		case "all":
			shown += " " + a.Hex()
		}
		fmt.Fprintf(&b, "(%d) %s (%s TRX)\n", i, shown, s.chain.Balance(chain.Head, a))
	}
	b.WriteString("\nPrivate Keys\n==================\n\n")
	for i, k := range set.keys {
		fmt.Fprintf(&b, "(%d) %s\n", i, keyHex(k))
	}
	if set.mnemonic != "" {
		fmt.Fprintf(&b, "\nHD Wallet\n==================\nMnemonic:      %s\nBase HD Path:  %s{account_index}\n", set.mnemonic, s.config.HDPath)
	}
	return b.String()
}

// serveGeneration makes funded accounts: ?accounts=10&defaultBalance=10000 (TRX).
func (s *Server) serveGeneration(w http.ResponseWriter, r *http.Request) {
	count, balance, err := generationQuery(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	set, err := s.generate(count, balance)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	writeText(w, s.setText(set, r.URL.Query().Get("format")))
}

// defaultBalance is what a new account has, in TRX.
const defaultBalance = 10_000

func generationQuery(r *http.Request) (count int, balance wallet.Sun, err error) {
	count, trx := defaultGenerated, int64(defaultBalance)
	if text := r.URL.Query().Get("accounts"); text != "" {
		if count, err = strconv.Atoi(text); err != nil || count < 1 || count > MaxGenerated {
			return 0, 0, fmt.Errorf("accounts: want 1 to %d", MaxGenerated)
		}
	}
	if text := r.URL.Query().Get("defaultBalance"); text != "" {
		const most = 1 << 40
		if trx, err = strconv.ParseInt(text, 10, 64); err != nil || trx < 0 || trx > most {
			return 0, 0, fmt.Errorf("defaultBalance: want TRX from 0 to %d", int64(most))
		}
	}
	return count, wallet.Sun(trx) * wallet.TRX, nil
}

func (s *Server) generate(count int, balance wallet.Sun) (generated, error) {
	var set generated
	for range count {
		k, err := wallet.NewKey()
		if err != nil {
			return set, err
		}
		set.keys = append(set.keys, k)
	}
	s.people.mu.Lock()
	kept := 0
	for _, g := range s.people.more {
		kept += len(g.keys)
	}
	if kept+count > maxKept {
		s.people.mu.Unlock()
		return set, fmt.Errorf("%d accounts were made already, %d are possible", kept, maxKept)
	}
	s.people.more = append(s.people.more, set)
	s.people.mu.Unlock()
	for _, k := range set.keys {
		s.chain.SetBalance(k.Address(), balance)
	}
	return set, nil
}
