package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/trc20"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
)

// Exit codes, stable for scripts.
const (
	exitDone        = 0
	exitOther       = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitRefused     = 4 // the node refused the transaction: nothing happened
	exitFailed      = 5 // executed and failed or reverted
	exitUnknown     = 6 // sent, outcome unknown: the txid decides
	exitLocked      = 7 // locked or wrong password
	exitShort       = 8 // not enough balance or resources
	exitUnreachable = 9
	exitDeclined    = 10 // a person said no
)

var (
	errShort    = errors.New("not enough")
	errLocked   = errors.New("the key is locked")
	errDeclined = errors.New("you said no; nothing was sent")
	errNotFound = errors.New("not found")
	errUntold   = errors.New("sent, but the result could not be written")
)

// usageErr is a mistake in how the command was called.
type usageErr struct{ text string }

func (e *usageErr) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageErr{fmt.Sprintf(format, args...)} }

// hinted is an error with the next step for the person who reads it.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

func withHint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// exits maps errors to exit codes, the most particular first, with the next step where the error itself does not tell it.
var exits = []struct {
	match func(error) bool
	code  int
	hint  string
}{
	{as[*usageErr], exitUsage, ""},
	{is(errDeclined), exitDeclined, ""},
	{is(errLocked), exitLocked, ""},
	{is(wallet.ErrPassword), exitLocked, ""},
	{is(wallet.ErrNoKey), exitNotFound, ""},
	{is(errNotFound), exitNotFound, ""},
	{is(errUntold), exitUnknown, ""},
	{as[*refusedErr], exitRefused, ""},
	{as[*notFoundErr], exitNotFound, ""},
	{is(channel.ErrUnknownChannel), exitNotFound, ""},
	{is(channel.ErrUnknownSeeder), exitNotFound, "The seeder registers with `piecework hub register` or seeds with --hub."},
	{is(channel.ErrNoHub), exitRefused, "Its operator makes it one with `piecework serve --hub-deposit ASSET=AMOUNT`; --asset names another asset."},
	{as[*channel.ExhaustedError], exitShort, "The hub tops up by itself; try again then."},
	{is(channel.ErrNoReserve), exitShort, "The server lacks TRX to defend channels that are new; its operator sends it some. Try again then."},
	{is(channel.ErrManySeeders), exitRefused, "Name another hub, or sell to downloaders that have a channel to you; this one may have room another day."},
	{is(client.ErrDearHub), exitRefused, "Nothing was signed. Name another hub, or open a channel to the seeder itself."},
	{is(channel.ErrRecovering), exitOther, "The hub was restored from a backup, and goes on with a seeder once that one has shown what it holds: `piecework hub redeem`, or seeding with --hub. Try again then."},
	{is(client.ErrCertificate), exitRefused, "Name the file of its authority with --tls-ca; if you did, somebody else answers at that address."},
	{is(client.ErrServerAway), exitUnreachable, "Is it running? `piecework serve` starts one; --server, or --hub, names another."},
	{is(store.ErrInUse), exitOther, "Another piecework (serve, seed, gate, live or get) works on it: end that one first, or give this one a --data-dir (or --store) of its own."},
	{is(errShort), exitShort, ""},
	{is(node.ErrOutcomeUnknown), exitUnknown, "Do not send it again: `piecework tx status` with its txid tells what became of it."},
	{as[*node.FailedError], exitFailed, ""},
	{as[*trc20.MovedError], exitFailed, ""},
	{as[*node.RefusedError], exitRefused, ""},
	{is(node.ErrWrongNetwork), exitRefused, "Name the network that the node belongs to with --network, or another node with --node."},
	{is(node.ErrExpired), exitRefused, "It is safe to make it again."},
	{is(node.ErrNotFound), exitNotFound, ""},
	{is(node.ErrUnreachable), exitUnreachable, "Is the node running, and is that its gRPC port? `piecework testnet` starts a local one; --node names another."},
	{is(syscall.EADDRINUSE), exitOther, "Another program listens there; choose another port, or 0 for any free one."},
	{is(fs.ErrPermission), exitOther, "The file or folder is closed to you: open it, or name another (--data-dir for keys and state, --config for the configuration)."},
	{is(syscall.ENOSPC), exitOther, "The disk is full: make room, or name another place (--data-dir for keys and state)."},
	{is(syscall.EROFS), exitOther, "The folder is read-only; choose another with --data-dir."},
	{is(fs.ErrNotExist), exitNotFound, ""},
	{is(context.Canceled), exitOther, ""},
}

// complaint is why a command ended, for programs: the last line of stderr with -o json.
type complaint struct {
	ExitCode int    `json:"exit_code"`
	Error    string `json:"error"`
	Hint     string `json:"hint,omitempty"` // the next step
}

func (c complaint) schema() string { return "piecework.error.v1" }

// complain says on stderr why the command ended, in the format that -o asks for. It returns the exit code.
func complain(w io.Writer, format string, err error) int {
	code, hint := explain(err)
	told := complaint{code, err.Error(), hint}
	if format == "json" || format == "jsonl" {
		_ = writeJSON(w, told, "")
		return code
	}
	if told.Error != "" {
		fmt.Fprintln(w, paint(w, red, "piecework:")+" "+wallet.PrintableLines(told.Error))
	}
	if hint != "" {
		fmt.Fprintln(w, "  "+wallet.PrintableLines(hint))
	}
	return code
}

// explain chooses the exit code of an error, and the next step to print below it.
func explain(err error) (code int, hint string) {
	code = exitOther
	for _, row := range exits {
		if row.match(err) {
			code, hint = row.code, row.hint
			break
		}
	}
	var h *hinted
	if errors.As(err, &h) {
		hint = h.hint
	}
	return code, hint
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func as[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}
