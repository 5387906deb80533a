package cmd

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/piecework/piecework/channel/torrent"
	"github.com/piecework/piecework/channel/torrent/live"
	"github.com/piecework/piecework/channel/torrent/sponsor"
)

func liveCommand() *cli.Command {
	return &cli.Command{
		Name: "live", Usage: "publish a stream as it comes in, and be paid for it by the piece", ArgsUsage: "INPUT",
		Description: "ffmpeg -i /dev/video0 -f mpegts - | piecework live --contract T… --from bob --price \"0.01 TRX/GiB\" --name talk -\n" +
			"piecework live --contract T… --from bob --price \"0.01 TRX/GiB\" --ffmpeg --public https://live.example ./concert.mkv\n" +
			"INPUT is - for standard input, a pipe, or a file that grows; with --ffmpeg anything that ffmpeg reads.",
		Flags: append(tollFlags(),
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the stream: its link stays the same as long as name and data folder do", DefaultText: "that of the input"},
			&cli.DurationFlag{Name: "chunk", Value: live.DefaultEvery, Usage: "how long a chunk is; MPEG-TS is cut at the next picture that needs no other"},
			&cli.IntFlag{Name: "keep", Value: live.DefaultKeep, Usage: "keep and seed the newest `N` chunks"},
			&cli.BoolFlag{Name: "ffmpeg", Usage: "cut with ffmpeg, into the segments of HLS, and let it read INPUT"},
			&cli.BoolFlag{Name: "from-start", Usage: "publish what a file already holds, too"},
			&cli.StringFlag{Name: "board", Value: ":0", Usage: "`HOST:PORT` where viewers ask for the newest chunks"},
			&cli.StringFlag{Name: "public", Usage: "`URL` under which they reach it", DefaultText: "http:// and the address of --board"},
			&cli.StringFlag{Name: "sponsor", Usage: "name the sponsor at `URL` in the link: it pays for viewers; it may be started afterwards, with the link"},
			&cli.DurationFlag{Name: "linger", Value: 20 * time.Second, Action: within("linger", 0, time.Hour), Usage: "how long the last chunks are seeded after the end of the input"},
			&cli.StringFlag{Name: "link-file", Usage: "write the link to `FILE` when viewers can come"},
		),
		Action: runLive,
	}
}

func runLive(c *cli.Context) error {
	name, err := streamName(c)
	if err != nil {
		return err
	}
	if err := live.CheckEvery(c.Duration("chunk")); err != nil {
		return usagef("--chunk: %s", err)
	}
	if err := checkLiveSponsor(c); err != nil {
		return err
	}
	return selling(c, func(ctx context.Context, b tollbooks, t tariff) error {
		st, err := newStation(ctx, c, b, t, name)
		if err != nil {
			return err
		}
		defer st.close()
		return st.run(ctx, c, b, t)
	})
}

// checkLiveSponsor says what is wrong with --sponsor.
func checkLiveSponsor(c *cli.Context) error {
	url := c.String("sponsor")
	if url == "" {
		return nil
	}
	if c.String("server") != "" {
		return usagef("a sponsored stream is published with the server in this process, without --server")
	}
	if err := sponsor.CheckURL(url); err != nil {
		return usagef("--sponsor: %s", err)
	}
	return nil
}

// streamName is the stream's name, which is also the salt by which one publisher has several.
func streamName(c *cli.Context) (string, error) {
	name := c.String("name")
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(c.Args().First()), filepath.Ext(c.Args().First()))
	}
	if name == "-" || name == "" {
		name = "live"
	}
	if len(name) > 64 {
		return "", usagef("--name: %d bytes, at most 64", len(name))
	}
	return name, nil
}

// station is where a stream is published.
type station struct {
	seeder    *torrent.Seeder
	board     *live.Board
	publisher *live.Publisher
	listener  net.Listener
	dir       string
	name      string
	last      live.List // for the screen
}

func newStation(ctx context.Context, c *cli.Context, b tollbooks, t tariff, name string) (*station, error) {
	house, err := houseFrom(c, b, t, "live")
	if err != nil {
		return nil, err
	}
	house.Single = name
	log, err := logger(c)
	if err != nil {
		return nil, err
	}
	dir, err := dataDir(c)
	if err != nil {
		return nil, err
	}
	key, err := keptKey(filepath.Join(dir, "publisher.key"))
	if err != nil {
		return nil, err
	}
	stream := live.Stream{Key: [32]byte(key[32:]), Salt: []byte(name)}
	hash := stream.Hash()
	st := &station{board: live.NewBoard(stream), dir: filepath.Join(dir, "live", hex.EncodeToString(hash[:])), name: name}
	if st.seeder, err = torrent.NewSeeder(ctx, torrent.SeederConfig{House: house, Net: netFrom(c), Log: log}); err != nil {
		return nil, err
	}
	st.publisher, err = live.OpenPublisher(ctx, live.PublisherConfig{
		Dir: st.dir, Key: key, Salt: stream.Salt, Seeder: st.seeder, Board: st.board, Keep: c.Int("keep"), Log: log,
	})
	if err == nil {
		st.listener, err = net.Listen("tcp", c.String("board"))
	}
	if err != nil {
		return nil, errors.Join(err, st.seeder.Close())
	}
	st.last = st.publisher.List()
	return st, nil
}

func (st *station) close() { _ = errors.Join(st.seeder.Close(), st.listener.Close()) }

// run publishes until the input ends, and a little longer so that everybody has the last chunks.
func (st *station) run(ctx context.Context, c *cli.Context, b tollbooks, t tariff) error {
	if err := st.announce(c); err != nil {
		return err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	cuts, shown := make(chan live.List, 1), make(chan struct{})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return live.ServeBoard(serving, st.listener, st.board) })
	group.Go(func() error {
		defer stop()
		err := st.cut(ctx, c, cuts)
		linger := c.Duration("linger")
		if ctx.Err() != nil {
			linger = min(linger, 3*time.Second) // whoever pressed Ctrl-C is waiting
		} else if err == nil {
			say(c, "The input has ended; the last chunks are seeded for %s.\n", linger)
		}
		select {
		case <-shown:
		case <-time.After(linger):
		}
		return err
	})
	if url := c.String("sponsor"); url != "" {
		group.Go(func() error { return redeeming(serving, c, url, b, st.seeder.Trust) })
	}
	showToll(serving, c, st.head(cuts), st.seeder, b, t)
	return group.Wait()
}

// cut cuts the input and publishes, to its end. What was begun when ctx ends is published still.
func (st *station) cut(ctx context.Context, c *cli.Context, cuts chan live.List) error {
	cutter := live.Cutter{Dir: st.dir, Every: c.Duration("chunk")}
	publish := func(cut live.Cut) error {
		err := st.publisher.Publish(context.WithoutCancel(ctx), cut)
		select { // only the newest is shown
		case <-cuts:
		default:
		}
		cuts <- st.publisher.List()
		return err
	}
	input := c.Args().First()
	var err error
	if c.Bool("ffmpeg") {
		if err = cutter.FFmpeg(ctx, input, c.App.Reader, publish); errors.Is(err, live.ErrNoFFmpeg) {
			err = withHint(err, "Install it (apt-get install ffmpeg), or give MPEG-TS through a pipe without --ffmpeg.")
		}
	} else {
		err = cutInput(ctx, c, cutter, input, publish)
	}
	return errors.Join(err, st.publisher.End())
}

func cutInput(ctx context.Context, c *cli.Context, cutter live.Cutter, input string, publish func(live.Cut) error) error {
	in := c.App.Reader
	if input != "-" {
		file, err := live.Open(ctx, input, c.Bool("from-start"))
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	return cutter.Run(ctx, in, publish)
}

// head is the first lines of the status.
func (st *station) head(cuts <-chan live.List) func() []string {
	return func() []string {
		select {
		case st.last = <-cuts:
		default:
		}
		if len(st.last.Chunks) == 0 {
			return []string{"live      nothing has come in yet"}
		}
		newest := st.last.Chunks[len(st.last.Chunks)-1]
		return []string{fmt.Sprintf("live      chunk %d: %s, %s, %s ago; %d viewers ask", st.last.Next()-1, newest.Length, formatBytes(newest.Bytes),
			time.Since(st.last.At).Round(time.Second), st.board.Viewers())}
	}
}

// broadcasting is what `live` says when it begins.
type broadcasting struct {
	Link  string `json:"link"`
	Name  string `json:"name"`
	Board string `json:"board"`
	Peers string `json:"peers"` // where peers connect
	Next  int64  `json:"next"`  // the number of the first chunk
}

func (b broadcasting) schema() string { return "piecework.live.v1" }

func (b broadcasting) table() table { return table{notes: []string{b.Link}} }

// announce prints the link.
func (st *station) announce(c *cli.Context) error {
	board := orDefault(c.String("public"), "http://"+peerAddress(st.listener.Addr().String()))
	if err := sponsor.CheckURL(board); err != nil {
		return usagef("--public: %s", err)
	}
	peers := peerAddress(st.seeder.Addr())
	if u, err := url.Parse(board); err == nil && c.String("public") != "" {
		_, port, _ := net.SplitHostPort(peers)
		peers = net.JoinHostPort(u.Hostname(), port)
	}
	list := st.publisher.List()
	link := live.Link{Stream: st.publisher.Stream(), Name: st.name, Board: board, Peers: []string{peers}, Sponsor: strings.TrimSuffix(c.String("sponsor"), "/")}
	if file := c.String("link-file"); file != "" {
		if err := os.WriteFile(file, []byte(link.String()+"\n"), 0o600); err != nil {
			return fmt.Errorf("writing the link: %w", err)
		}
	}
	say(c, "Live: %s, from chunk %d on, in chunks of %s. Viewers: piecework get … 'LINK'. Ctrl-C ends the stream.\n", st.name, list.Next(), c.Duration("chunk"))
	return printResult(c, broadcasting{Link: link.String(), Name: st.name, Board: board, Peers: peers, Next: list.Next()})
}
