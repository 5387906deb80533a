package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"google.golang.org/grpc/credentials"
)

// ErrCertificate: the client does not believe the server's certificate.
var ErrCertificate = errors.New("the server's certificate is not to be believed")

// TLS says whom a client believes, and who it is.
type TLS struct {
	// CA is a PEM file of the authorities that servers' certificates must come from; empty: the system's.
	CA string
	// Cert and Key are PEM files with the client's own certificate, whose scopes the server takes in place of a token's; both empty: none.
	Cert, Key string
}

// Transport is transport security from files, for Options.TLS.
func Transport(t TLS) (credentials.TransportCredentials, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		text, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("reading the servers' authorities: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("reading the servers' authorities: no certificate in %s", t.CA)
		}
	}
	switch {
	case (t.Cert == "") != (t.Key == ""):
		return nil, errors.New("a client certificate needs its key, and a key its certificate")
	case t.Cert != "":
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("reading the client's certificate: %w", err)
		}
		// Always, also to a server that does not name our authority: it says then that it refuses the certificate, not that a token is missing.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	return credentials.NewTLS(config), nil
}

// trust remembers whether the last server that answered showed a certificate that the client believes.
type trust struct {
	mu       sync.Mutex
	distrust error
}

func (t *trust) note(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.distrust = err
}

func (t *trust) broken() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.distrust
}

// judged is transport security that remembers.
type judged struct {
	credentials.TransportCredentials
	trust *trust
}

// ClientHandshake implements credentials.TransportCredentials.
func (j judged) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := j.TransportCredentials.ClientHandshake(ctx, authority, raw)
	var refused *tls.CertificateVerificationError
	switch {
	case err == nil:
		j.trust.note(nil)
	case errors.As(err, &refused):
		j.trust.note(fmt.Errorf("%w: %w", ErrCertificate, refused.Err))
	}
	return conn, info, err
}

// Clone implements credentials.TransportCredentials.
func (j judged) Clone() credentials.TransportCredentials {
	return judged{j.TransportCredentials.Clone(), j.trust}
}
