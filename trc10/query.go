package trc10

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

// ErrUnknown is wrapped when the chain has no token of that id or name.
var ErrUnknown = errors.New("no such TRC-10 token")

// Tokens answers which tokens exist. node.Node is one.
type Tokens interface {
	// AssetByID is the token with that id, nil when there is none.
	AssetByID(ctx context.Context, id int64) (*tx.AssetIssue, error)
	// AssetsByName are all the tokens with exactly that name, in any order.
	AssetsByName(ctx context.Context, name string) ([]*tx.AssetIssue, error)
	// AssetIssuedBy is the token that an account issued, nil when it has issued none.
	AssetIssuedBy(ctx context.Context, issuer wallet.Address) (*tx.AssetIssue, error)
}

// AmbiguousError is a name that several tokens have.
type AmbiguousError struct {
	Name   string
	Tokens []*Token // by id
}

// Error lists the tokens that have the name.
func (e *AmbiguousError) Error() string {
	list := make([]string, len(e.Tokens))
	for i, t := range e.Tokens {
		list[i] = fmt.Sprintf("%s (issued by %s)", t.ID, t.Issuer)
	}
	return fmt.Sprintf("%d tokens are named %q; say which by its id: %s", len(list), wallet.Clip(e.Name), strings.Join(list, ", "))
}

// Open reads the token with that id.
func Open(ctx context.Context, chain Tokens, id ID) (*Token, error) {
	found, err := chain.AssetByID(ctx, int64(id))
	if err != nil {
		return nil, fmt.Errorf("reading token %s: %w", id, err)
	}
	if found == nil {
		return nil, fmt.Errorf("%w: id %s", ErrUnknown, id)
	}
	t, err := TokenFrom(found)
	if err == nil && t.ID != id {
		err = fmt.Errorf("reading token %s: the node answered token %s", id, t.ID)
	}
	return t, err
}

// Find reads every token with that name, by id; none is no error. Tokens whose record makes no sense are left out.
func Find(ctx context.Context, chain Tokens, name string) ([]*Token, error) {
	found, err := chain.AssetsByName(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("finding tokens named %q: %w", wallet.Clip(name), err)
	}
	var all []*Token
	for _, f := range found {
		if t, err := TokenFrom(f); err == nil && t.Name == name {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b *Token) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// IssuedBy reads the token that an account issued; ErrUnknown when it has issued none.
func IssuedBy(ctx context.Context, chain Tokens, issuer wallet.Address) (*Token, error) {
	found, err := chain.AssetIssuedBy(ctx, issuer)
	if err != nil {
		return nil, fmt.Errorf("reading the token of %s: %w", issuer, err)
	}
	if found == nil {
		return nil, fmt.Errorf("%w: %s has issued none", ErrUnknown, issuer)
	}
	return TokenFrom(found)
}

// Resolve reads the token that a person means: by id, or by name if only one token has it; several are an *AmbiguousError.
func Resolve(ctx context.Context, chain Tokens, text string) (*Token, error) {
	if id, err := ParseID(text); err == nil {
		return Open(ctx, chain, id)
	}
	all, err := Find(ctx, chain, text)
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, fmt.Errorf("%w: %q", ErrUnknown, wallet.Clip(text))
	case len(all) > 1:
		return nil, &AmbiguousError{Name: text, Tokens: all}
	}
	return all[0], nil
}
