package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
	"google.golang.org/grpc/credentials"

	"github.com/piecework/piecework/channel/client"
)

// serverFlags are those of commands that ask a running server as its operator.
func serverFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "server", Value: "127.0.0.1:7443", Usage: "`HOST:PORT` of the channel server; several with commas between"},
		&cli.StringFlag{Name: "token-file", Usage: "`FILE` with the operator's token", DefaultText: "token in the data folder"},
		tlsCAFlag(),
		&cli.StringFlag{Name: "tls-client-cert", Usage: "PEM `FILE` of your own certificate, in place of a token"},
		&cli.StringFlag{Name: "tls-client-key", Usage: "PEM `FILE` of its key"},
		dataFlag(),
	}
}

// tlsCAFlag is for every command that connects to a channel server or hub.
func tlsCAFlag() cli.Flag {
	return &cli.StringFlag{Name: "tls-ca", Usage: "PEM `FILE` of the authorities that the server's certificate must come from", DefaultText: "the system's"}
}

// dialTo connects to the channel server, or to the first that answers of several, named by a flag.
func dialTo(c *cli.Context, flag, token string) (*client.Server, error) {
	transport, err := clientTransport(c)
	if err != nil {
		return nil, err
	}
	return client.Dial(c.String(flag), client.Options{Token: token, TLS: transport})
}

// clientTransport is nil without a flag of TLS: then the connection is encrypted by the system's authorities, or within this machine not at all.
func clientTransport(c *cli.Context) (credentials.TransportCredentials, error) {
	t := client.TLS{CA: c.String("tls-ca"), Cert: c.String("tls-client-cert"), Key: c.String("tls-client-key")}
	if t == (client.TLS{}) {
		return nil, nil //nolint:nilnil // see above
	}
	return client.Transport(t)
}

// dialServer connects to the channel server of --server as its operator: with the token, or with a client certificate.
func dialServer(c *cli.Context) (*client.Server, error) {
	token, err := readToken(c)
	if err != nil {
		return nil, err
	}
	return dialTo(c, "server", token)
}

// readToken is the operator's token; none is needed by who has a certificate.
func readToken(c *cli.Context) (string, error) {
	dir, err := dataDir(c)
	if err != nil {
		return "", err
	}
	token, err := readFile(orDefault(c.String("token-file"), filepath.Join(dir, "token")))
	if errors.Is(err, fs.ErrNotExist) && c.String("token-file") == "" && c.String("tls-client-cert") != "" {
		return "", nil
	}
	if err != nil {
		return "", withHint(fmt.Errorf("reading the operator's token: %w", err), "`piecework serve` writes it into its data folder; name it with --token-file.")
	}
	return strings.TrimSpace(string(token)), nil
}
