package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/live"
)

func getCommand() *cli.Command {
	return &cli.Command{
		Name: "get", Usage: "fetch a torrent, or follow a live stream, and pay the seeders for verified pieces", ArgsUsage: "MAGNET",
		Description: "piecework get --contract T… --from carol --deposit 5 --max-price \"0.02 TRX/GiB\" --budget 1 'magnet:?xt=…'\n" +
			"piecework get --free-only ./movie.mkv.torrent\n" +
			"piecework get --contract T… --from carol --deposit 5 --max-price \"0.02 TRX/GiB\" --budget 1 --earn \"0.01 TRX/GiB\" 'magnet:?xs=urn:btpk:…'",
		Flags: append(append(append(append(optionalFrom(sendFlags()), swarmFlags()...), streamFlags()...), sponsoredFlags()...),
			&cli.StringFlag{Name: "contract", Usage: "`ADDRESS` of the PaymentChannels contract"},
			&cli.StringFlag{Name: "asset", Usage: "pay in TRX, a TRC-10 `ID`, or the token at an address", Value: "TRX"},
			&cli.StringFlag{Name: "max-price", Usage: "pay at most `PRICE`, as in \"0.02 TRX/GiB\""},
			&cli.StringFlag{Name: "budget", Usage: "pay at most `AMOUNT` in all"},
			&cli.StringFlag{Name: "prefer", Value: "cheap", Usage: "`WHAT` of several seeders: cheap (dearer ones only while they make it faster), fast (all at once)"},
			&cli.StringFlag{Name: "bid", Usage: "pay `PRICE` on top of what a seeder asks, for its fast lane; within --max-price"},
			&cli.StringFlag{Name: "deposit", Usage: "open a channel with `AMOUNT` to a seeder that you have none with"},
			&cli.StringFlag{Name: "hub", Usage: "pay seeders that you have no channel with through the hub at `HOST:PORT`; --deposit then opens a channel to it"},
			&cli.BoolFlag{Name: "free-only", Usage: "pay nothing; take what seeders give for free"},
			&cli.StringFlag{Name: "out", Value: ".", Usage: "`FOLDER` for what is fetched"},
			&cli.StringSliceFlag{Name: "peer", Usage: "`HOST:PORT` of a peer that has it; repeat it for more"},
			&cli.StringFlag{Name: "log", Value: "error", Usage: "`LEVEL`: debug, info, warn, error"},
		),
		Action: get,
	}
}

// optionalFrom makes --from optional: who only takes what is free needs no account.
func optionalFrom(flags []cli.Flag) []cli.Flag {
	for _, f := range flags {
		if s, is := f.(*cli.StringFlag); is && s.Name == "from" {
			s.Required = false
		}
	}
	return flags
}

// fetched is a finished download.
type fetched struct {
	Name     string `json:"name"`
	Folder   string `json:"folder"`
	Bytes    int64  `json:"bytes"`
	Pieces   int    `json:"pieces"`
	Paid     string `json:"paid,omitempty"`
	Units    string `json:"paid_units"`
	Payments int64  `json:"payments"`
	Seconds  int64  `json:"seconds"`
}

func (f fetched) schema() string { return "piecework.get.v1" }

func (f fetched) table() table {
	return table{rows: [][]string{
		{"fetched", f.Name},
		{"into", f.Folder},
		{"size", formatBytes(f.Bytes)},
		{"pieces", fmt.Sprint(f.Pieces)},
		{"paid", orDefault(f.Paid, "nothing")},
		{"payments", fmt.Sprint(f.Payments)},
	}}
}

func get(c *cli.Context) error {
	if live.IsLink(c.Args().First()) {
		return getLive(c)
	}
	source, err := sourceFrom(c)
	if err != nil {
		return err
	}
	config := torrent.DownloaderConfig{Dir: c.String("out"), Want: torrent.Want{OnlyFree: true}}
	if config.Log, err = logger(c); err != nil {
		return err
	}
	coin := trx
	hash, err := source.InfoHash()
	if err != nil {
		return err
	}
	cost, peers, endPaying, err := paidFor(c, hash, &config, &coin)
	if err != nil {
		return err
	}
	defer endPaying()
	source.Peers = append(source.Peers, peers...)
	closeEarning, err := earning(c, &config)
	if err != nil {
		return err
	}
	defer closeEarning()
	if config.Net, err = netTo(c, source); err != nil {
		return err
	}
	config.Progress = progressOf(c, coin)
	tellPeople(c, &config, coin)
	downloader, err := torrent.NewDownloader(c.Context, config)
	if err != nil {
		return err
	}
	defer func() { _ = downloader.Close() }()
	if o, is := config.Purses.(*opener); is {
		o.askFirst(downloader.Missing)
	}
	result, err := fetch(c, downloader, source, coin)
	if errors.Is(err, context.Canceled) {
		return withHint(fmt.Errorf("stopped before all of %s had come: %w", orDefault(result.Name, "it"), context.Canceled), "The same command goes on where this one stopped.")
	}
	if errors.Is(err, syscall.ENOSPC) {
		return withHint(err, "What had come is kept, and %s is paid for it. Make room: the same command goes on where this one stopped.", coin.format(result.Paid))
	}
	if err != nil {
		return err
	}
	cost.done()
	return printResult(c, fetched{
		Name: result.Name, Folder: c.String("out"), Bytes: result.Bytes, Pieces: result.Pieces, Paid: coin.format(result.Paid), Units: result.Paid.String(),
		Payments: result.Payments, Seconds: int64(result.Took.Seconds()),
	})
}

// tellPeople says why seeders are not paid, with amounts as people know them.
func tellPeople(c *cli.Context, config *torrent.DownloaderConfig, coin money) {
	_, own := config.Purses.(*opener)
	config.Told = func(what string) {
		say(c, "Note: %s\n", what)
		if own && strings.Contains(what, torrent.ErrPurseEmpty.Error()) {
			say(c, "  Stop this, add to it with `piecework channel deposit`, and go on with the same command.\n")
		}
	}
	config.Amount = func(asset channel.Asset, a channel.Amount) string {
		if asset != coin.asset {
			return ""
		}
		return coin.format(a)
	}
}

// fetch gets a torrent, and shows it to a player meanwhile when --stream asks for it.
func fetch(c *cli.Context, d *torrent.Downloader, source torrent.Source, coin money) (torrent.Result, error) {
	if streamAddress(c) != "" {
		return watchTorrent(c, d, source, coin)
	}
	return d.Get(c.Context, source)
}

func sourceFrom(c *cli.Context) (torrent.Source, error) {
	what := c.Args().First()
	if what == "" {
		return torrent.Source{}, usagef("a magnet link or a .torrent file is wanted")
	}
	source := torrent.Source{Peers: c.StringSlice("peer")}
	if strings.HasPrefix(what, "magnet:") {
		source.Magnet = what
		return source, nil
	}
	mi, err := torrent.Load(what)
	source.Torrent = mi
	return source, err
}

// payingConfig sets up what a paying download needs: the account, its channels, and the limits of what it may pay.
func payingConfig(c *cli.Context, config *torrent.DownloaderConfig, coin *money) (func(), error) {
	if c.String("from") == "" || c.String("contract") == "" || c.String("max-price") == "" || c.String("budget") == "" {
		return nil, usagef("paying needs --from, --contract, --max-price and --budget; --free-only pays nothing")
	}
	s, err := dialFrom(c)
	if err != nil {
		return nil, err
	}
	at, err := resolve(c, s.network, c.String("contract"))
	if err != nil {
		return nil, closing(s, err)
	}
	limit, err := parsePrice(c.Context, s.node, "max-price", c.String("max-price"))
	if err != nil {
		return nil, closing(s, err)
	}
	budget, err := limit.parse(c.String("budget"))
	if err != nil {
		return nil, closing(s, usagef("--budget: %s", err))
	}
	purses, closePurses, err := openPurses(c, s, at)
	if err != nil {
		return nil, closing(s, err)
	}
	*coin = limit.money
	paying := &opener{c: c, s: s, at: at, coin: limit.money, purses: purses}
	closeHub, err := paying.reach()
	if err != nil {
		closePurses()
		return nil, closing(s, err)
	}
	config.Purses = paying
	config.Limits = torrent.Limits{MaxPrice: limit.perMiB, Budget: budget}
	if err := preferences(c, s, limit, &config.Limits); err != nil {
		closeHub()
		closePurses()
		return nil, closing(s, err)
	}
	config.Want = torrent.Want{Domain: purses.Domain, Assets: []channel.Asset{limit.asset}}
	return func() { paying.end(); closeHub(); closePurses(); s.close() }, nil
}

// preferences reads how seeders are chosen and what is bid for their fast lanes.
func preferences(c *cli.Context, s *session, limit price, limits *torrent.Limits) error {
	switch c.String("prefer") {
	case "cheap":
	case "fast":
		limits.Fast = true
	default:
		return usagef("--prefer %s: want cheap or fast", c.String("prefer"))
	}
	if c.String("bid") == "" {
		return nil
	}
	bid, err := parsePrice(c.Context, s.node, "bid", c.String("bid"))
	if err != nil {
		return err
	}
	if bid.asset != limit.asset || limit.perMiB.Less(bid.perMiB) {
		return usagef("--bid %s: it is in the asset of --max-price and part of it", c.String("bid"))
	}
	limits.Bid = bid.perMiB
	return nil
}

// payFor sets up the paying of what has a hash: nothing with --free-only.
func payFor(c *cli.Context, hash [20]byte, config *torrent.DownloaderConfig, coin *money) (*spending, func(), error) {
	if c.Bool("free-only") {
		return nil, func() {}, nil
	}
	closePurses, err := payingConfig(c, config, coin)
	if err != nil {
		return nil, nil, err
	}
	cost, err := budgeted(c, hash, config)
	if err != nil {
		closePurses()
	}
	return cost, closePurses, err
}

// budgeted counts what earlier runs of this download have paid, so that the budget is for all of them. A budget that is spent is refused at once.
func budgeted(c *cli.Context, hash [20]byte, config *torrent.DownloaderConfig) (*spending, error) {
	o, is := config.Purses.(*opener)
	if !is {
		return nil, nil
	}
	dir, err := dataDir(c)
	if err != nil {
		return nil, err
	}
	paid, err := paidOut(c.Context, o.purses, o.coin.asset)
	if err != nil {
		return nil, err
	}
	cost, err := openSpending(dir, hash, o.coin.asset, paid)
	if err != nil {
		return nil, err
	}
	spent := cost.spent(paid)
	if config.Limits.Spent = spent; !spent.IsZero() {
		say(c, "Going on: %s of the budget of %s were paid before.\n", o.coin.format(spent), o.coin.format(config.Limits.Budget))
	}
	if !spent.IsZero() && !spent.Less(config.Limits.Budget) {
		return nil, withHint(fmt.Errorf("%w: %s were paid for this download, --budget is %s", torrent.ErrBudget, o.coin.format(spent), o.coin.format(config.Limits.Budget)),
			"Give a higher --budget, or --free-only to take the rest for free.")
	}
	return cost, nil
}
