package api

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api/message"
	"github.com/piecework/piecework/channel/store"
)

const (
	// keepAnswers is how long the answer to an idempotency key is kept.
	keepAnswers = 7 * 24 * time.Hour
	// abandoned is how old a request without an answer is when another server may do its work again.
	abandoned = time.Minute
	// Lengths of a key: a UUID is right.
	minKey, maxKey = 16, 128
)

// keyed is a request that changes something.
type keyed interface {
	proto.Message
	GetIdempotencyKey() string
}

// answerTo makes the parameter of once: *A that is a message.
type answerTo[A any] interface {
	*A
	proto.Message
}

// once does the work of a request with an idempotency key once: the same request is answered the same again, byte for byte, for a week and over restarts; another one
// with its key is refused. The key is reserved before the work and the answer stored after it; work that a crash cut off is done again by the next that asks, so work
// must bear that. A refusal is not kept. Without a key the work is simply done.
//
// What is stored is sealed under the key, which is not stored: an answer may hold a secret that the store must not.
func once[A any, P answerTo[A]](ctx context.Context, s *Server, method string, request keyed, work func(context.Context) (P, error)) (P, error) {
	key := request.GetIdempotencyKey()
	if key == "" {
		return work(ctx)
	}
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if s.config.Store == nil {
		return nil, fmt.Errorf("%w: idempotency keys need a store", message.ErrDisabled)
	}
	slot, err := newSlot(ctx, method, key, request)
	if err != nil {
		return nil, err
	}
	defer s.keys.hold(slot.Scope + slot.Key)()
	kept, err := s.reserve(ctx, slot)
	if err != nil {
		return nil, err
	}
	if kept != nil {
		return unseal[A, P](slot, kept)
	}
	answer, err := work(ctx)
	ctx = context.WithoutCancel(ctx) // whoever asked may be gone; what was done must be known
	if err != nil {
		return nil, errors.Join(err, s.config.Store.Update(ctx, func(t *store.Tx) error { return t.DropAnswer(slot.Scope, slot.Key) }))
	}
	return answer, s.fill(ctx, slot, answer)
}

// slot is where the answer to a key is kept.
type slot struct {
	channel.Answer
	seal cipher.AEAD
}

func newSlot(ctx context.Context, method, key string, request proto.Message) (slot, error) {
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(request)
	if err != nil {
		return slot{}, fmt.Errorf("hashing a request: %w", err)
	}
	name := sha256.Sum256([]byte("piecework answer name\x00" + key))
	secret := sha256.Sum256([]byte("piecework answer seal\x00" + key))
	block, err := aes.NewCipher(secret[:])
	if err != nil {
		return slot{}, err
	}
	seal, err := cipher.NewGCM(block)
	return slot{Answer: channel.Answer{Scope: callerOf(ctx).id + " " + method, Key: hex.EncodeToString(name[:]), Request: sha256.Sum256(body)}, seal: seal}, err
}

func checkKey(key string) error {
	if len(key) < minKey || len(key) > maxKey {
		return fmt.Errorf("%w: an idempotency key of %d characters, want %d to %d; a UUID is right", channel.ErrMalformed, len(key), minKey, maxKey)
	}
	for _, c := range []byte(key) {
		if c <= ' ' || c > '~' {
			return fmt.Errorf("%w: an idempotency key has visible ASCII characters only", channel.ErrMalformed)
		}
	}
	return nil
}

// reserve takes the key for this request. It returns the stored answer where there is one.
func (s *Server) reserve(ctx context.Context, slot slot) (kept []byte, err error) {
	now := s.now()
	slot.Created = now.UnixMilli()
	err = s.config.Store.Update(ctx, func(t *store.Tx) error {
		kept = nil
		held, err := t.Answer(slot.Scope, slot.Key)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return t.PutAnswer(slot.Answer)
		case err != nil:
			return err
		case now.Sub(time.UnixMilli(held.Created)) > keepAnswers:
			return errors.Join(t.DropAnswers(now.Add(-keepAnswers).UnixMilli()), t.PutAnswer(slot.Answer))
		case held.Request != slot.Request:
			return channel.ErrKeyReused
		case len(held.Body) > 0:
			kept = held.Body
			return nil
		case s.config.Store.Shared() && now.Sub(time.UnixMilli(held.Created)) < abandoned:
			return message.ErrInProgress // by another server
		}
		return nil // a crash has cut it off
	})
	if errors.Is(err, store.ErrConflict) {
		err = message.ErrInProgress
	}
	return kept, err
}

// fill stores the answer before it is given.
func (s *Server) fill(ctx context.Context, slot slot, answer proto.Message) error {
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(answer)
	if err != nil {
		return fmt.Errorf("keeping an answer: %w", err)
	}
	nonce := make([]byte, slot.seal.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	slot.Body, slot.Created = slot.seal.Seal(nonce, nonce, body, nil), s.now().UnixMilli()
	if err := s.config.Store.Update(ctx, func(t *store.Tx) error { return t.FillAnswer(slot.Answer) }); err != nil {
		return fmt.Errorf("keeping an answer: %w", err)
	}
	return nil
}

func unseal[A any, P answerTo[A]](slot slot, kept []byte) (P, error) {
	n := slot.seal.NonceSize()
	if len(kept) < n {
		return nil, errors.New("reading a kept answer: it is damaged")
	}
	body, err := slot.seal.Open(nil, kept[:n], kept[n:], nil)
	if err != nil {
		return nil, fmt.Errorf("reading a kept answer: %w", err)
	}
	answer := P(new(A))
	if err := proto.Unmarshal(body, answer); err != nil {
		return nil, fmt.Errorf("reading a kept answer: %w", err)
	}
	return answer, nil
}

// keyLocks lets one request of this server at a time work on a key.
type keyLocks struct {
	mu   sync.Mutex
	held map[string]*keyLock
}

type keyLock struct {
	sync.Mutex
	users int
}

// hold takes a key's lock and returns what gives it back.
func (k *keyLocks) hold(key string) (release func()) {
	k.mu.Lock()
	if k.held == nil {
		k.held = map[string]*keyLock{}
	}
	l := k.held[key]
	if l == nil {
		l = &keyLock{}
		k.held[key] = l
	}
	l.users++
	k.mu.Unlock()
	l.Lock()
	return func() {
		l.Unlock()
		k.mu.Lock()
		defer k.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(k.held, key)
		}
	}
}
