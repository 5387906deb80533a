package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/store"
)

// maxName is how long a token's name may be, in characters.
const maxName = 64

// admin implements channelpb.AdminServer.
type admin struct {
	channelpb.UnimplementedAdminServer
	*Server
}

// Health tells whether payments are taken. Figures are for the scope read.
func (s *admin) Health(ctx context.Context, _ *channelpb.HealthRequest) (*channelpb.HealthResponse, error) {
	answer := &channelpb.HealthResponse{Draining: s.draining.Load()}
	stale := s.config.Ledger.Fresh()
	if stale != nil {
		answer.Reasons = append(answer.Reasons, stale.Error())
	}
	if answer.GetDraining() {
		answer.Reasons = append(answer.Reasons, "draining")
	}
	answer.Serving = stale == nil && !answer.GetDraining()
	if !callerOf(ctx).may(ScopeRead) {
		return answer, nil
	}
	if s.config.Reasons != nil {
		answer.Reasons = append(answer.Reasons, s.config.Reasons(ctx)...)
	}
	cursor, stats := s.config.Ledger.Cursor(), s.config.Ledger.Stats()
	answer.HeadBlock, answer.SolidBlock, answer.HeadTime = cursor.Head.Number, cursor.Solid.Number, timeOf(cursor.Head.Time)
	answer.Accepted, answer.Replayed, answer.Refused = stats.Accepted, stats.Replayed, stats.Refused
	return answer, nil
}

// Policy tells by what rules the server settles.
func (s *admin) Policy(context.Context, *channelpb.PolicyRequest) (*channelpb.PolicyResponse, error) {
	p := s.config.Policy.Settle.WithDefaults()
	answer := &channelpb.PolicyResponse{
		MinimumSun: int64(p.Minimum), MaxAgeSeconds: int64(p.MaxAge / time.Second), Batch: int32(p.Batch), FeeCapSun: int64(p.FeeCap),
	}
	for asset, price := range s.config.Policy.Assets {
		answer.Prices = append(answer.Prices, &channelpb.AssetPrice{Asset: message.FromAsset(asset), Units: fmt.Sprint(price.Units), Sun: int64(price.Sun)})
	}
	sort.Slice(answer.GetPrices(), func(i, j int) bool {
		return answer.GetPrices()[i].GetAsset().String() < answer.GetPrices()[j].GetAsset().String()
	})
	return answer, nil
}

// CreateToken makes a token. Its secret is in the answer and nowhere else.
func (s *admin) CreateToken(ctx context.Context, request *channelpb.CreateTokenRequest) (*channelpb.CreateTokenResponse, error) {
	return once(ctx, s.Server, channelpb.Admin_CreateToken_FullMethodName, request, func(ctx context.Context) (*channelpb.CreateTokenResponse, error) {
		token, err := s.toToken(request)
		if err != nil {
			return nil, err
		}
		if s.config.Store == nil {
			return nil, message.ErrDisabled
		}
		id, secret := newSecret()
		token.ID, token.Hash = id, sha256.Sum256([]byte(secret))
		if err := s.config.Store.Update(ctx, func(t *store.Tx) error { return t.PutToken(token) }); err != nil {
			return nil, err
		}
		s.config.Log.Info("a token was made", "token", id, "name", token.Name, "scopes", token.Scopes, "by", callerOf(ctx).id)
		return &channelpb.CreateTokenResponse{Token: fromToken(token), Secret: secret}, nil
	})
}

func (s *admin) toToken(request *channelpb.CreateTokenRequest) (store.Token, error) {
	now := s.now()
	token := store.Token{Name: request.GetName(), Created: now.UnixMilli()}
	if err := checkName(token.Name); err != nil {
		return token, err
	}
	if len(request.GetScopes()) == 0 || len(request.GetScopes()) > len(Scopes()) {
		return token, fmt.Errorf("%w: a token has 1 to %d scopes", channel.ErrMalformed, len(Scopes()))
	}
	for _, scope := range request.GetScopes() {
		if !slices.Contains(Scopes(), Scope(scope)) || slices.Contains(token.Scopes, scope) {
			return token, fmt.Errorf("%w: the scopes are read, prepare, settle, hub and admin, each once", channel.ErrMalformed)
		}
		token.Scopes = append(token.Scopes, scope)
	}
	expires, err := optionalTime("expire_time", request.GetExpireTime())
	if err != nil || expires.IsZero() {
		return token, err
	}
	if !expires.After(now) {
		return token, fmt.Errorf("%w: expire_time is over", channel.ErrMalformed)
	}
	token.Expires = expires.UnixMilli()
	return token, nil
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName || !utf8.ValidString(name) {
		return fmt.Errorf("%w: a name has 1 to %d characters", channel.ErrMalformed, maxName)
	}
	for _, c := range name {
		if !unicode.IsPrint(c) {
			return fmt.Errorf("%w: a name has printable characters only", channel.ErrMalformed)
		}
	}
	return nil
}

// ListTokens lists all tokens, revoked ones too.
func (s *admin) ListTokens(ctx context.Context, _ *channelpb.ListTokensRequest) (*channelpb.ListTokensResponse, error) {
	if s.config.Store == nil {
		return nil, message.ErrDisabled
	}
	answer := &channelpb.ListTokensResponse{}
	err := s.config.Store.View(ctx, func(t *store.Tx) error {
		list, err := t.Tokens()
		answer.Tokens = nil
		for _, token := range list {
			answer.Tokens = append(answer.Tokens, fromToken(token))
		}
		return err
	})
	return answer, err
}

// RevokeToken ends a token at once.
func (s *admin) RevokeToken(ctx context.Context, request *channelpb.RevokeTokenRequest) (*channelpb.RevokeTokenResponse, error) {
	return once(ctx, s.Server, channelpb.Admin_RevokeToken_FullMethodName, request, func(ctx context.Context) (*channelpb.RevokeTokenResponse, error) {
		if n := len(request.GetId()); n == 0 || n > maxName {
			return nil, fmt.Errorf("%w: a token's id has 12 characters", channel.ErrMalformed)
		}
		if s.config.Store == nil {
			return nil, message.ErrDisabled
		}
		var token store.Token
		err := s.config.Store.Update(ctx, func(t *store.Tx) (err error) {
			token, err = t.RevokeToken(request.GetId(), s.now().UnixMilli())
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return nil, message.ErrUnknownToken
		}
		return &channelpb.RevokeTokenResponse{Token: fromToken(token)}, err
	})
}

// Drain prepares the server for being stopped.
func (s *admin) Drain(ctx context.Context, request *channelpb.DrainRequest) (*channelpb.DrainResponse, error) {
	return once(ctx, s.Server, channelpb.Admin_Drain_FullMethodName, request, func(ctx context.Context) (*channelpb.DrainResponse, error) {
		s.Server.Drain(request.GetResume())
		s.config.Log.Info("draining", "resume", request.GetResume(), "by", callerOf(ctx).id)
		return &channelpb.DrainResponse{Draining: s.draining.Load(), Streams: int32(s.pays.streams())}, nil
	})
}

func fromToken(k store.Token) *channelpb.Token {
	return &channelpb.Token{
		Id: k.ID, Name: k.Name, Scopes: k.Scopes, CreateTime: timeOf(k.Created), ExpireTime: timeOf(k.Expires), RevokeTime: timeOf(k.Revoked),
	}
}
