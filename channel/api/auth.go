package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/store"
)

// Scope is what a token may do. The list is closed.
type Scope string

// The scopes. Each opens its own calls only, except that admin opens all.
const (
	ScopePublic  Scope = ""        // no token: payments carry their own proof
	ScopeRead    Scope = "read"    // channels, settlements, events, claim kits
	ScopePrepare Scope = "prepare" // unsigned transactions and their broadcast
	ScopeSettle  Scope = "settle"  // spends the operator's TRX
	ScopeHub     Scope = "hub"     // the hub's books
	ScopeAdmin   Scope = "admin"
)

// Scopes are those that a token can have.
func Scopes() []Scope { return []Scope{ScopeRead, ScopePrepare, ScopeSettle, ScopeHub, ScopeAdmin} }

// scopes is what each call needs. A call that is not here is refused to everybody.
var scopes = map[string]Scope{
	channelpb.Channels_Quote_FullMethodName:             ScopePublic,
	channelpb.Channels_PrepareOpen_FullMethodName:       ScopePrepare,
	channelpb.Channels_PrepareDeposit_FullMethodName:    ScopePrepare,
	channelpb.Channels_PrepareClose_FullMethodName:      ScopePrepare,
	channelpb.Channels_Broadcast_FullMethodName:         ScopePrepare,
	channelpb.Channels_WatchOperation_FullMethodName:    ScopePrepare,
	channelpb.Channels_Get_FullMethodName:               ScopePublic,
	channelpb.Channels_List_FullMethodName:              ScopeRead,
	channelpb.Channels_Watch_FullMethodName:             ScopePublic,
	channelpb.Payments_Pay_FullMethodName:               ScopePublic,
	channelpb.Payments_Submit_FullMethodName:            ScopePublic,
	channelpb.Payments_Sync_FullMethodName:              ScopePublic,
	channelpb.Settlements_Plan_FullMethodName:           ScopeRead,
	channelpb.Settlements_Settle_FullMethodName:         ScopeSettle,
	channelpb.Settlements_Close_FullMethodName:          ScopeSettle,
	channelpb.Settlements_Get_FullMethodName:            ScopeRead,
	channelpb.Settlements_List_FullMethodName:           ScopeRead,
	channelpb.Settlements_Watch_FullMethodName:          ScopeRead,
	channelpb.Settlements_ExportClaimKit_FullMethodName: ScopeRead,
	channelpb.Hub_Quote_FullMethodName:                  ScopePublic,
	channelpb.Hub_OpenSession_FullMethodName:            ScopePublic, // its voucher is the proof
	channelpb.Hub_Redeem_FullMethodName:                 ScopePublic, // reveals are
	channelpb.Hub_Sessions_FullMethodName:               ScopePublic, // as are signed proofs, here and below
	channelpb.Hub_Statement_FullMethodName:              ScopePublic,
	channelpb.Hub_Register_FullMethodName:               ScopePublic,
	channelpb.Events_Subscribe_FullMethodName:           ScopeRead,
	channelpb.Admin_Health_FullMethodName:               ScopePublic,
	channelpb.Admin_Policy_FullMethodName:               ScopeRead,
	channelpb.Admin_CreateToken_FullMethodName:          ScopeAdmin,
	channelpb.Admin_ListTokens_FullMethodName:           ScopeAdmin,
	channelpb.Admin_RevokeToken_FullMethodName:          ScopeAdmin,
	channelpb.Admin_Drain_FullMethodName:                ScopeAdmin,
}

// isOperator says whether the caller may see all of the hub's books; others prove whose they ask for.
func (s *Server) isOperator(ctx context.Context) bool { return callerOf(ctx).may(ScopeHub) }

// caller is who makes a call.
type caller struct {
	id     string // "" for somebody without a token
	scopes []string
}

func (c caller) may(need Scope) bool {
	return need == ScopePublic || slices.Contains(c.scopes, string(need)) || slices.Contains(c.scopes, string(ScopeAdmin))
}

// tokenCaller begins the id of a caller by a token of the store.
const tokenCaller = "token "

type callerKey struct{}

// callerOf is who makes the call of this context.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// authorize finds out who calls and whether they may. It puts the caller into the context.
func (s *Server) authorize(ctx context.Context, method string) (context.Context, error) {
	if err := s.admit(ctx); err != nil {
		return ctx, err
	}
	if strings.HasPrefix(method, "/grpc.") {
		return ctx, nil // health and reflection, which the library serves
	}
	need, listed := scopes[method]
	if !listed {
		return ctx, fmt.Errorf("%w: %s", message.ErrDisabled, method)
	}
	c, err := s.identify(ctx)
	switch {
	case err != nil && (need != ScopePublic || !errors.Is(err, message.ErrNoToken)):
		return ctx, err
	case !c.may(need) && c.id == "":
		return ctx, message.ErrNoToken
	case !c.may(need):
		return ctx, fmt.Errorf("%w: %s", message.ErrScope, need)
	}
	return context.WithValue(ctx, callerKey{}, c), nil
}

// identify finds out who calls: by a token, else by the client's certificate. Without either the caller is nobody.
func (s *Server) identify(ctx context.Context) (caller, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	given := md.Get("authorization")
	switch {
	case len(given) == 0:
		return certified(ctx), nil
	case len(given) > 1:
		return caller{}, fmt.Errorf("%w (there are %d)", message.ErrNoToken, len(given))
	}
	secret, bearer := strings.CutPrefix(given[0], "Bearer ")
	if !bearer {
		return caller{}, message.ErrNoToken
	}
	if s.config.Token != "" && sameSecret(secret, sha256.Sum256([]byte(s.config.Token))) {
		return caller{id: "operator", scopes: []string{string(ScopeAdmin)}}, nil
	}
	return s.holder(ctx, secret)
}

// holder looks a token up by the id in it and compares its secret's hash.
func (s *Server) holder(ctx context.Context, secret string) (caller, error) {
	id, ok := tokenID(secret)
	if !ok || s.config.Store == nil {
		return caller{}, message.ErrNoToken
	}
	var token store.Token
	err := s.config.Store.View(ctx, func(t *store.Tx) (err error) {
		token, err = t.Token(id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return caller{}, message.ErrNoToken
	}
	if err != nil {
		return caller{}, fmt.Errorf("looking a token up: %w", err)
	}
	now := s.now().UnixMilli()
	if !sameSecret(secret, token.Hash) || token.Revoked != 0 || (token.Expires != 0 && token.Expires <= now) {
		return caller{}, message.ErrNoToken
	}
	return caller{id: tokenCaller + token.ID, scopes: token.Scopes}, nil
}

// authorizeAgain is how often a stream's token is looked up again, and so how long one that was revoked, at any of the servers, still hears.
const authorizeAgain = time.Second

// whileAuthorized is a stream's context, which ends with message.ErrNoToken when the token that opened it is revoked or over. Call end when the stream has ended.
func (s *Server) whileAuthorized(ctx context.Context, method string) (_ context.Context, end func()) {
	if scopes[method] == ScopePublic || !strings.HasPrefix(callerOf(ctx).id, tokenCaller) {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		tick := time.NewTicker(authorizeAgain)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if _, err := s.identify(ctx); errors.Is(err, message.ErrNoToken) { // a store that is away says nothing about the token
				cancel(err)
				return
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// sameSecret compares in a time that does not depend on where they differ.
func sameSecret(secret string, hash [32]byte) bool {
	given := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(given[:], hash[:]) == 1
}

// certified is the caller that a client certificate names: the TLS handshake has verified it, its organizational units are the scopes.
func certified(ctx context.Context) caller {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return caller{}
	}
	info := p.AuthInfo
	if known, is := info.(authInfo); is {
		info = known.AuthInfo
	}
	secured, is := info.(credentials.TLSInfo)
	if !is {
		return caller{}
	}
	return ofCertificate(secured.State)
}

func ofCertificate(state tls.ConnectionState) caller {
	if len(state.VerifiedChains) == 0 || len(state.VerifiedChains[0]) == 0 {
		return caller{}
	}
	certificate := state.VerifiedChains[0][0]
	print := sha256.Sum256(certificate.Raw)
	c := caller{id: "certificate " + hex.EncodeToString(print[:16])}
	for _, unit := range certificate.Subject.OrganizationalUnit {
		if slices.Contains(Scopes(), Scope(unit)) {
			c.scopes = append(c.scopes, unit)
		}
	}
	return c
}

// newSecret draws a token: pw_<id>_<192 random bits>.
func newSecret() (id, secret string) {
	var raw [30]byte
	_, _ = rand.Read(raw[:]) // never fails
	id = hex.EncodeToString(raw[:6])
	return id, "pw_" + id + "_" + base64.RawURLEncoding.EncodeToString(raw[6:])
}

// tokenID is the id within a token.
func tokenID(secret string) (string, bool) {
	rest, ok := strings.CutPrefix(secret, "pw_")
	id, _, cut := strings.Cut(rest, "_")
	return id, ok && cut && len(id) == 12
}
