package cmd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/server"
	"github.com/piecework/piecework/channel/store"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name: "serve", Usage: "run a channel server: take payments, settle them on chain",
		Description: "piecework serve --contract T… --from bob --password-file ./password\n" +
			"piecework serve --contract T… --from bob --accept \"trc10:1000001=0.001\" --store postgres://localhost/piecework",
		Flags:  append(append(serveFlags(), hubServeFlags()...), &cli.StringFlag{Name: "backup", Usage: "write a copy of the store to the new `FILE`, also while a server runs on it, and end"}),
		Action: serve,
	}
}

// payeeFlags are those of commands that run a payee's server.
func payeeFlags() []cli.Flag {
	return append(passwordFlags(),
		contractFlag(), fromFlag(),
		&cli.StringFlag{Name: "listen", Value: "127.0.0.1:7443", Usage: "`HOST:PORT` of the gRPC API"},
		&cli.StringFlag{Name: "http", Usage: "`HOST:PORT` of the dashboard, /metrics, /healthz and the API as JSON; none when empty"},
		&cli.StringFlag{Name: "tls-cert", Usage: "PEM `FILE` of the server's certificate; it is read again when it changes"},
		&cli.StringFlag{Name: "tls-key", Usage: "PEM `FILE` of its key"},
		&cli.StringFlag{Name: "tls-client-ca", Usage: "PEM `FILE` of the authorities whose client certificates count as tokens: their organizational units (OU) are scopes"},
		&cli.StringFlag{Name: "ready-file", Usage: "write the API's address to `FILE` when it listens, and with --http that one's in a second line"},
		&cli.StringFlag{Name: "store", Usage: "`PATH` of the SQLite file, or a postgres:// URL", DefaultText: "server.db in the data folder"},
		&cli.StringFlag{Name: "token-file", Usage: "`FILE` with the token that opens the operator's calls; made when missing", DefaultText: "token in the data folder"},
		&cli.StringSliceFlag{Name: "accept", Usage: "`ASSET=TRX` that channels may be in, and what one whole token is worth to you; TRX always is. Of 0 nobody knows: it is settled when its payer closes, or you ask"},
		&cli.DurationFlag{Name: "period", Value: server.DefaultPeriod, Action: within("period", time.Second, 24*time.Hour), Usage: "time between two looks at what to settle; what is urgent, as when a payer closes, is looked for every 10 seconds at least"},
		&cli.DurationFlag{Name: "takeover", Value: server.DefaultTakeover, Action: within("takeover", time.Second, channel.MinChallenge/2), Usage: "of several servers on one store another one settles after so long when the one that did is gone"},
		&cli.StringFlag{Name: "second-node", Usage: "gRPC `HOST:PORT` of a node of somebody else: deposits count only when both tell them, and when they differ nothing is taken"},
		&cli.BoolFlag{Name: "second-node-tls", Usage: "encrypt the connection to --second-node"},
		&cli.StringFlag{Name: "minimum", Value: "10", Usage: "`TRX` below which a channel is not settled for its value alone"},
		&cli.DurationFlag{Name: "max-age", Value: 24 * time.Hour, Action: within("max-age", time.Second, 365*24*time.Hour), Usage: "settle a batch that is not full when its oldest channel has waited so long"},
		&cli.StringFlag{Name: "log", Value: "info", Usage: "`LEVEL`: debug, info, warn, error"},
	)
}

// serveFlags are those of a payee's server; what only a running one needs is asked for when it starts.
func serveFlags() []cli.Flag {
	flags := append(nodeFlags(), payeeFlags()...)
	for _, f := range flags {
		if text, is := f.(*cli.StringFlag); is {
			text.Required = false
		}
	}
	return flags
}

// backup copies the store's file. A server that goes on from an old copy loses nothing that payers send again or the chain knows.
func backup(c *cli.Context) error {
	dir, err := dataDir(c)
	if err != nil {
		return err
	}
	from := orDefault(c.String("store"), filepath.Join(dir, "server.db"))
	if strings.Contains(from, "://") {
		return usagef("--backup copies an SQLite file; PostgreSQL has pg_dump for that")
	}
	if err := store.BackupFile(c.Context, from, c.String("backup")); err != nil {
		return withHint(err, "Name the store with --store or --data-dir, and a file that does not exist yet with --backup.")
	}
	say(c, "Copied %s to %s.\n", from, c.String("backup"))
	return nil
}

func serve(c *cli.Context) error {
	if c.String("backup") != "" {
		return backup(c)
	}
	for _, name := range []string{"contract", "from"} {
		if c.String(name) == "" {
			return missingFlags(c, name)
		}
	}
	s, err := dialFrom(c)
	if err != nil {
		return err
	}
	defer s.close()
	payee, listener, err := startPayee(c, s)
	if err != nil {
		return err
	}
	defer func() { _ = payee.Close() }()
	say(c, "Paying %s into contract %s; gRPC API on %s. Ctrl-C stops.\n", s.from, c.String("contract"), listener.Addr())
	return payee.Run(c.Context, listener)
}

// startPayee builds the server that the flags describe, and listens.
func startPayee(c *cli.Context, s *session) (*server.Server, net.Listener, error) {
	config, err := payeeConfig(c, s)
	if err != nil {
		return nil, nil, err
	}
	listener, err := net.Listen("tcp", c.String("listen"))
	if err != nil {
		return nil, nil, withHint(fmt.Errorf("listening: %w", err), "Choose another --listen; port 0 takes any free one.")
	}
	ready := listener.Addr().String() + "\n"
	if address := c.String("http"); address != "" {
		if config.HTTP, err = net.Listen("tcp", address); err != nil {
			return nil, nil, withHint(errors.Join(fmt.Errorf("listening: %w", err), listener.Close()), "Choose another --http; port 0 takes any free one.")
		}
		ready += config.HTTP.Addr().String() + "\n"
		say(c, "Dashboard and metrics on http://%s\n", config.HTTP.Addr())
	}
	payee, err := server.New(c.Context, config)
	if err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	if file := c.String("ready-file"); file != "" {
		if err := os.WriteFile(file, []byte(ready), 0o600); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("writing the ready file: %w", err), payee.Close(), listener.Close())
		}
	}
	return payee, listener, nil
}
