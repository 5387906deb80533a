package cmd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/piecework/piecework/wallet"
)

// maxSecret bounds a password or another secret that is read, in bytes.
const maxSecret = 64 << 10

// passwordFlags say where a password comes from. It is never an argument, and never empty in silence.
func passwordFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "password-file", Usage: "read the password from the first line of `FILE` instead of asking; - is stdin, /dev/fd/3 a descriptor"},
		&cli.StringFlag{Name: "password-command", Usage: "run `COMMAND` and take the first line that it prints, as in \"secret-tool lookup piecework alice\""},
	}
}

// unlock finds an account's key: in the keystore, or, on the local testnet, among the well-known development accounts.
func unlock(c *cli.Context, network wallet.Network, name string) (*wallet.Key, error) {
	store, err := keystore(c)
	if err != nil {
		return nil, err
	}
	entry, err := store.Find(name)
	if err != nil {
		if key := developmentKey(network, name); key != nil {
			return key, nil
		}
		return nil, unknownAccount(c, err)
	}
	return unlockEntry(c, store, entry)
}

func unknownAccount(c *cli.Context, err error) error {
	name := orDefault(c.String("signer"), c.String("from"))
	return withHint(err, "`piecework wallet list` shows your accounts, `piecework wallet new --name %s` makes one.", name)
}

func unlockEntry(c *cli.Context, store *wallet.Keystore, entry wallet.Entry) (*wallet.Key, error) {
	if entry.Watch {
		elsewhere := fmt.Errorf("%w: %s is only watched, its key is elsewhere", errLocked, entry.Name)
		if !hasFlag(c, "unsigned") {
			return nil, withHint(elsewhere, "Do it where the key is, or take the key in under another name: `piecework wallet import`.")
		}
		return nil, withHint(elsewhere, "Write the transaction with --unsigned FILE and sign it where the key is: `piecework tx sign`.")
	}
	password, err := askPassword(c, "Password of "+entry.Name)
	if err != nil {
		return nil, err
	}
	key, err := store.Unlock(entry, password)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errLocked, err)
	}
	return key, nil
}

// developmentKey is the key of a well-known development account; nil on any network that others use.
func developmentKey(network wallet.Network, name string) *wallet.Key {
	if network.Name != localNetwork {
		return nil
	}
	for _, account := range wallet.DevAccounts() {
		if account.Name == name || account.Key.Address().String() == name {
			return account.Key
		}
	}
	return nil
}

// askPassword reads a password from where the flags say, or from the terminal without showing it.
func askPassword(c *cli.Context, prompt string) ([]byte, error) {
	if password, given, err := givenSecret(c, "password"); given {
		return password, err
	}
	return promptSecret(c, prompt, "password")
}

// givenSecret reads the first line of --NAME-file, or of what --NAME-command prints.
func givenSecret(c *cli.Context, name string) (secret []byte, given bool, err error) {
	if file := c.String(name + "-file"); file != "" {
		secret, err = readSecret(c, file)
		if err != nil {
			return nil, true, fmt.Errorf("reading the %s: %w", name, err)
		}
		return secret, true, nil
	}
	if command := c.String(name + "-command"); command != "" {
		run := exec.CommandContext(c.Context, "sh", "-c", command)
		run.Stderr = c.App.ErrWriter
		out, err := run.Output()
		if err != nil {
			return nil, true, fmt.Errorf("%w: the --%s-command failed: %w", errLocked, name, err)
		}
		return firstLine(out), true, nil
	}
	return nil, false, nil
}

func readSecret(c *cli.Context, file string) ([]byte, error) {
	if file == "-" {
		line, err := lines(c).ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return firstLine(line), nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSecret {
		return nil, fmt.Errorf("%s holds more than %d bytes", file, maxSecret)
	}
	return firstLine(text), nil
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte{'\n'})
	return bytes.TrimRight(line, "\r")
}

// lines is the command's stdin, buffered once: a password and an answer may come through the same pipe.
func lines(c *cli.Context) *bufio.Reader {
	if buffered, is := c.App.Reader.(*bufio.Reader); is {
		return buffered
	}
	buffered := bufio.NewReader(c.App.Reader)
	c.App.Metadata[stdinKey] = c.App.Reader
	c.App.Reader = buffered
	return buffered
}

const stdinKey = "stdin"

// stdin is the stream itself, to ask whether it is a terminal.
func stdin(c *cli.Context) any {
	if under, ok := c.App.Metadata[stdinKey]; ok {
		return under
	}
	return c.App.Reader
}

// promptSecret asks at the terminal without showing what is typed.
func promptSecret(c *cli.Context, prompt, flag string) ([]byte, error) {
	in, isFile := stdin(c).(*os.File)
	if !isFile || !term.IsTerminal(int(in.Fd())) {
		return nil, withHint(fmt.Errorf("%w: there is no terminal to ask for the %s", errLocked, strings.ReplaceAll(flag, "-", " ")), "Give --%s-file FILE.", flag)
	}
	shown, err := term.GetState(int(in.Fd()))
	if err != nil {
		return nil, fmt.Errorf("reading the %s: %w", flag, err)
	}
	say(c, "%s: ", prompt)
	defer say(c, "\n")
	typed := make(chan error, 1)
	var secret []byte
	go func() {
		var err error
		secret, err = term.ReadPassword(int(in.Fd()))
		typed <- err
	}()
	select {
	case err = <-typed:
	case <-c.Context.Done(): // Ctrl-C: what is typed from now on is shown again
		return nil, errors.Join(fmt.Errorf("reading the %s: %w", flag, c.Context.Err()), term.Restore(int(in.Fd()), shown))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the %s: %w", flag, err)
	}
	return secret, nil
}

// newPassword asks twice, and refuses an empty one.
func newPassword(c *cli.Context) ([]byte, error) {
	first, given, err := givenSecret(c, "password")
	if !given {
		first, err = promptSecret(c, "New password", "password")
	}
	if err != nil {
		return nil, err
	}
	if len(first) == 0 {
		return nil, usagef("an empty password protects nothing")
	}
	if given {
		return first, nil
	}
	second, err := promptSecret(c, "The same again", "password")
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(first, second) {
		return nil, usagef("the two passwords differ")
	}
	return first, nil
}
