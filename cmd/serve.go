package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/client"
	"github.com/piecework/piecework/channel/server"
	"github.com/piecework/piecework/channel/settle"
	"github.com/piecework/piecework/channel/store"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/node"
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
		&cli.StringFlag{Name: "ready-file", Usage: "write the API's address to `FILE` when it listens, and with --http that one's in a second line"},
		&cli.StringFlag{Name: "store", Usage: "`PATH` of the SQLite file, or a postgres:// URL", DefaultText: "server.db in the data folder"},
		&cli.StringFlag{Name: "token-file", Usage: "`FILE` with the token that opens the operator's calls; made when missing", DefaultText: "token in the data folder"},
		&cli.StringSliceFlag{Name: "accept", Usage: "`ASSET=TRX` that channels may be in, and what one whole token is worth to you; TRX always is"},
		&cli.DurationFlag{Name: "period", Value: server.DefaultPeriod, Usage: "time between two looks at what to settle"},
		&cli.StringFlag{Name: "minimum", Value: "10", Usage: "`TRX` below which a channel is not settled for its value alone"},
		&cli.DurationFlag{Name: "max-age", Value: 24 * time.Hour, Usage: "settle a batch that is not full when its oldest channel has waited so long"},
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
	fmt.Fprintf(c.App.ErrWriter, "Copied %s to %s.\n", from, c.String("backup"))
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
	fmt.Fprintf(c.App.ErrWriter, "Paying %s into contract %s; gRPC API on %s. Ctrl-C stops.\n", s.from, c.String("contract"), listener.Addr())
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
		fmt.Fprintf(c.App.ErrWriter, "Dashboard and metrics on http://%s\n", config.HTTP.Addr())
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

func payeeConfig(c *cli.Context, s *session) (server.Config, error) {
	dir, err := dataDir(c)
	if err != nil {
		return server.Config{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return server.Config{}, fmt.Errorf("making %s: %w", dir, err)
	}
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return server.Config{}, err
	}
	minimum, err := wallet.ParseTRX(c.String("minimum"))
	if err != nil {
		return server.Config{}, usagef("--minimum: %s", err)
	}
	config := server.Config{
		Node: s.node, Steady: s.network.Name != localNetwork, Contract: at, Key: s.signer, Store: orDefault(c.String("store"), filepath.Join(dir, "server.db")),
		Policy: settle.Policy{Minimum: minimum, MaxAge: c.Duration("max-age")}, Period: c.Duration("period"),
	}
	if config.Hub, err = hubConfig(c, s.node); err != nil {
		return server.Config{}, err
	}
	if config.Log, err = logger(c); err != nil {
		return server.Config{}, err
	}
	if config.Token, err = operatorToken(orDefault(c.String("token-file"), filepath.Join(dir, "token"))); err != nil {
		return server.Config{}, err
	}
	config.Assets, err = acceptedAssets(c.Context, s.node, c.StringSlice("accept"))
	return config, err
}

// acceptedAssets reads "trc10:1000001=0.001": one whole token is worth 0.001 TRX to the operator.
func acceptedAssets(ctx context.Context, n *node.Node, list []string) (map[channel.Asset]settle.Price, error) {
	assets := map[channel.Asset]settle.Price{}
	for _, text := range list {
		name, worth, ok := strings.Cut(text, "=")
		if !ok {
			return nil, usagef("--accept %q: want ASSET=TRX, as in trc10:1000001=0.001", text)
		}
		asset, err := channel.ParseAsset(strings.TrimSpace(name))
		if err != nil {
			return nil, usagef("--accept %q: %s", text, err)
		}
		sun, err := wallet.ParseTRX(strings.TrimSpace(worth))
		if err != nil {
			return nil, usagef("--accept %q: %s", text, err)
		}
		coin, err := openMoney(ctx, n, asset)
		if err != nil {
			return nil, err
		}
		units, err := coin.whole()
		if err != nil {
			return nil, err
		}
		assets[asset] = settle.Price{Sun: sun, Units: units}
	}
	return assets, nil
}

func logger(c *cli.Context) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.String("log"))); err != nil {
		return nil, usagef("--log %s: want debug, info, warn or error", c.String("log"))
	}
	return slog.New(slog.NewTextHandler(c.App.ErrWriter, &slog.HandlerOptions{Level: level})), nil
}

// operatorToken reads the token, or makes one that only this user can read.
func operatorToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		if token := strings.TrimSpace(string(text)); token != "" {
			return token, nil
		}
		return "", withHint(fmt.Errorf("the token file %s is empty", path), "Remove it, and a new token is made.")
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("reading the token: %w", err)
	}
	token := server.NewToken()
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("writing the token: %w", err)
	}
	return token, nil
}

// serverFlags are those of commands that ask a running server.
func serverFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "server", Value: "127.0.0.1:7443", Usage: "`HOST:PORT` of the channel server"},
		&cli.StringFlag{Name: "token-file", Usage: "`FILE` with the operator's token", DefaultText: "token in the data folder"},
		dataFlag(),
	}
}

// dialServer connects to the channel server of the flags with the operator's token.
func dialServer(c *cli.Context) (*client.Server, error) {
	dir, err := dataDir(c)
	if err != nil {
		return nil, err
	}
	token, err := os.ReadFile(orDefault(c.String("token-file"), filepath.Join(dir, "token")))
	if err != nil {
		return nil, withHint(fmt.Errorf("reading the operator's token: %w", err), "`piecework serve` writes it into its data folder; name it with --token-file.")
	}
	return client.Dial(c.String("server"), client.Options{Token: strings.TrimSpace(string(token))})
}

func channelSettle(c *cli.Context) error {
	return askSettlement(c, func(ctx context.Context, settlements channelpb.SettlementsClient, id channel.ID) ([]*channelpb.Operation, error) {
		answer, err := settlements.Settle(ctx, &channelpb.SettleRequest{Channels: [][]byte{id[:]}})
		return answer.GetOperations(), err
	})
}

func channelClose(c *cli.Context) error {
	return askSettlement(c, func(ctx context.Context, settlements channelpb.SettlementsClient, id channel.ID) ([]*channelpb.Operation, error) {
		answer, err := settlements.Close(ctx, &channelpb.CloseRequest{Channel: id[:]})
		return []*channelpb.Operation{answer.GetOperation()}, err
	})
}

func askSettlement(c *cli.Context, ask func(context.Context, channelpb.SettlementsClient, channel.ID) ([]*channelpb.Operation, error)) error {
	id, err := channel.ParseID(c.String("id"))
	if err != nil {
		return usagef("--id: %s", err)
	}
	remote, err := dialServer(c)
	if err != nil {
		return err
	}
	defer func() { _ = remote.Close() }()
	ctx := remote.Authorized(c.Context)
	asked, err := ask(ctx, remote.Settlements(), id)
	if err != nil {
		return remote.Error(id, err)
	}
	out := settlements{Settlements: []settlement{}}
	for _, one := range asked {
		final, err := watch(ctx, remote.Settlements(), one)
		if err != nil {
			return remote.Error(id, err)
		}
		out.Settlements = append(out.Settlements, final)
	}
	return printResult(c, out)
}

// watch follows a settlement until it is final.
func watch(ctx context.Context, from channelpb.SettlementsClient, one *channelpb.Operation) (settlement, error) {
	stream, err := from.Watch(ctx, &channelpb.SettlementsWatchRequest{Id: one.GetId()})
	if err != nil {
		return settlement{}, err
	}
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return settlementOf(one), nil
		}
		if err != nil {
			return settlement{}, err
		}
		one = answer.GetOperation()
	}
}

// settlement is a transaction that settled channels.
type settlement struct {
	TxID     string   `json:"txid"`
	State    string   `json:"state"`
	Channels []string `json:"channels"`
	Values   []string `json:"settled_units"`
	Block    int64    `json:"block,omitempty"`
	Energy   int64    `json:"energy"`
	FeeSun   int64    `json:"fee_sun"`
	Failure  string   `json:"failure,omitempty"`
}

type settlements struct {
	Settlements []settlement `json:"settlements"`
}

func (s settlements) schema() string { return "piecework.settlements.v1" }

func (s settlements) table() table {
	t := table{heading: []string{"TXID", "STATE", "CHANNELS", "ENERGY", "TRX BURNT"}}
	for _, one := range s.Settlements {
		t.rows = append(t.rows, []string{one.TxID, one.State + " " + one.Failure, fmt.Sprint(len(one.Channels)), fmt.Sprint(one.Energy), wallet.Sun(one.FeeSun).String()})
	}
	if len(s.Settlements) == 0 {
		t = table{notes: []string{"Nothing is due."}}
	}
	return t
}

func settlementOf(m *channelpb.Operation) settlement {
	state := strings.ToLower(strings.TrimPrefix(m.GetState().String(), "OPERATION_STATE_"))
	s := settlement{
		TxID: fmt.Sprintf("%x", m.GetId()), State: strings.ReplaceAll(state, "_", " "), Values: []string{}, Block: m.GetBlock(), Energy: m.GetEnergy(),
		FeeSun: m.GetFeeSun(), Failure: m.GetFailure(), Channels: []string{},
	}
	for _, one := range m.GetChannels() {
		s.Channels = append(s.Channels, fmt.Sprintf("%x", one.GetId()))
		s.Values = append(s.Values, one.GetWorth())
	}
	return s
}
