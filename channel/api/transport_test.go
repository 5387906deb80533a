package api_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/api/tlstest"
	pb "github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/client"
)

// secured is a world behind TLS, with the authorities of both sides.
type secured struct {
	*world
	servers, clients *tlstest.Authority
}

func newSecured(t *testing.T, host string) *secured {
	t.Helper()
	s := &secured{}
	var err, failed error
	s.servers, err = tlstest.New(t.TempDir(), "servers")
	s.clients, failed = tlstest.New(t.TempDir(), "clients")
	cert, key, issued := s.servers.Server(host)
	transport, read := api.Transport(api.TLS{Cert: cert, Key: key, ClientCA: s.clients.File})
	if err := errors.Join(err, failed, issued, read); err != nil {
		t.Fatal(err)
	}
	s.world = newWorld(t, func(c *api.Config) { c.TLS = transport })
	return s
}

// over connects as a client with those files.
func (s *secured) over(t *testing.T, files client.TLS) *grpc.ClientConn {
	t.Helper()
	transport, err := client.Transport(files)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(s.address, grpc.WithTransportCredentials(transport))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func quote(t *testing.T, conn *grpc.ClientConn) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := pb.NewChannelsClient(conn).Quote(ctx, &pb.ChannelsQuoteRequest{})
	return err
}

// TestTLS: a client that knows the servers' authority is served; one that believes another, or meets a certificate for another host, is not, nor is plaintext.
func TestTLS(t *testing.T) {
	s := newSecured(t, "127.0.0.1")
	if err := quote(t, s.over(t, client.TLS{CA: s.servers.File})); err != nil {
		t.Errorf("the right authority: %v", err)
	}
	if err := quote(t, s.over(t, client.TLS{CA: s.clients.File})); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("another authority: %v", err)
	}
	plain, err := grpc.NewClient(s.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	if quote(t, plain) == nil {
		t.Error("plaintext was served")
	}
	elsewhere := newSecured(t, "pay.example")
	if err := quote(t, elsewhere.over(t, client.TLS{CA: elsewhere.servers.File})); err == nil || !strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("a certificate for another host: %v", err)
	}
	transport, err := client.Transport(client.TLS{CA: s.servers.File})
	if err != nil {
		t.Fatal(err)
	}
	remote, err := client.Dial(s.address, client.Options{TLS: transport})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = remote.Close() }()
	v := s.voucher(7)
	if receipt, err := remote.Accept(t.Context(), channel.Payment{Channel: v.Channel, Voucher: &v}); err != nil || receipt.Paid != channel.NewAmount(7) {
		t.Errorf("paying: %v, %v", receipt, err)
	}
}

// TestClientCertificates: a certificate of the clients' authority opens the calls of the scopes in it, and no others; payments need none.
func TestClientCertificates(t *testing.T) {
	s := newSecured(t, "127.0.0.1")
	stranger, err := tlstest.New(t.TempDir(), "stranger")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		by         *tlstest.Authority
		scopes     []string
		list, send string // the reasons, "" for done
	}{
		{"reader", s.clients, []string{"read"}, "", "NO_SCOPE"},
		{"settler", s.clients, []string{"settle"}, "NO_SCOPE", ""},
		{"operator", s.clients, []string{"admin"}, "", ""},
		{"both", s.clients, []string{"read", "settle"}, "", ""},
		{"guest", s.clients, []string{"king"}, "NO_SCOPE", "NO_SCOPE"},
		{"nobody", nil, nil, "NO_TOKEN", "NO_TOKEN"},
		{"stranger", stranger, []string{"admin"}, "refused", "refused"},
	} {
		files := client.TLS{CA: s.servers.File}
		if c.by != nil {
			if files.Cert, files.Key, err = c.by.Client(c.name, c.scopes...); err != nil {
				t.Fatal(err)
			}
		}
		conn := s.over(t, files)
		_, list := pb.NewChannelsClient(conn).List(t.Context(), &pb.ChannelsListRequest{})
		_, send := pb.NewSettlementsClient(conn).Settle(t.Context(), &pb.SettleRequest{})
		for what, got := range map[string]struct {
			err  error
			want string
		}{"lists": {list, c.list}, "settles": {send, c.send}} {
			if got.want == "refused" && got.err != nil && reasonOf(got.err) == "" { // by the handshake
				continue
			}
			if reason := reasonOf(got.err); reason != got.want || (got.want == "") != (got.err == nil) {
				t.Errorf("%s %s: %v, want %q", c.name, what, got.err, got.want)
			}
		}
	}
}

// TestFilesOfTLS: what is missing or no certificate is said when the server or the client begins.
func TestFilesOfTLS(t *testing.T) {
	a, err := tlstest.New(t.TempDir(), "a")
	if err != nil {
		t.Fatal(err)
	}
	cert, key, err := a.Server("localhost")
	if err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(none, []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []api.TLS{{Cert: cert, Key: none}, {Cert: none + "x", Key: key}, {Cert: cert, Key: key, ClientCA: none}, {Cert: cert, Key: key, ClientCA: none + "x"}} {
		if _, err := api.Transport(bad); err == nil {
			t.Errorf("a server begins with %+v", bad)
		}
	}
	for _, bad := range []client.TLS{{CA: none}, {CA: none + "x"}, {Cert: cert}, {Key: key}, {Cert: cert, Key: none}} {
		if _, err := client.Transport(bad); err == nil {
			t.Errorf("a client begins with %+v", bad)
		}
	}
}
