package api

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"

	"github.com/piecework/piecework/channel/api/message"
)

// TLS says where a server's certificate is. The files are read again when they change, so that a renewed certificate needs no restart.
type TLS struct {
	Cert, Key string // PEM files
	// ClientCA is a PEM file of the authorities whose client certificates are known: their organizational units (OU) are scopes. Empty: none are asked for.
	ClientCA string
}

// Transport is transport security from files.
func Transport(t TLS) (credentials.TransportCredentials, error) {
	config, err := t.Config()
	if err != nil {
		return nil, err
	}
	return credentials.NewTLS(config), nil
}

// Config is the same for an HTTP server.
func (t TLS) Config() (*tls.Config, error) {
	pair := &renewed{cert: t.Cert, key: t.Key}
	if _, err := pair.get(nil); err != nil {
		return nil, fmt.Errorf("reading the server's certificate: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get}
	if t.ClientCA == "" {
		return config, nil
	}
	text, err := os.ReadFile(t.ClientCA)
	if err != nil {
		return nil, fmt.Errorf("reading the authorities of client certificates: %w", err)
	}
	config.ClientCAs = x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("reading the authorities of client certificates: no certificate in %s", t.ClientCA)
	}
	config.ClientAuth = tls.VerifyClientCertIfGiven // payments need none
	return config, nil
}

// CheckListener refuses to serve plaintext to other machines.
func CheckListener(at net.Addr, transport credentials.TransportCredentials) error {
	if transport != nil {
		return nil
	}
	if tcp, is := at.(*net.TCPAddr); is && !tcp.IP.IsLoopback() {
		return fmt.Errorf("listening on %s: %w", at, message.ErrPlaintext)
	}
	return nil
}

// renewed is a certificate that is read again when its file changes.
type renewed struct {
	cert, key string
	mu        sync.Mutex
	pair      *tls.Certificate
	changed   time.Time // the file's
	looked    time.Time
}

// lookEvery is how often the file is looked at.
const lookEvery = 10 * time.Second

func (r *renewed) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pair != nil && time.Since(r.looked) < lookEvery {
		return r.pair, nil
	}
	r.looked = time.Now()
	info, err := os.Stat(r.cert)
	if err == nil && (r.pair == nil || !info.ModTime().Equal(r.changed)) {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(r.cert, r.key); err == nil {
			r.pair, r.changed = &pair, info.ModTime()
		}
	}
	if r.pair == nil {
		return nil, errors.Join(errors.New("no certificate"), err)
	}
	return r.pair, nil // the old one, while a new one is being written
}
