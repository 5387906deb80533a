package sponsor

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/wallet"
)

// maxMessage bounds what a stranger may send, and what is read of an answer: a voucher of 16 tails in JSON takes about 4 KiB.
const maxMessage = 64 << 10

// maxReveals is how many reveals one Redeem may bring: those of a voucher's tails.
const maxReveals = channel.MaxTails

// ErrMessage says that a message of the API is none.
var ErrMessage = errors.New("malformed message")

// Offer is what a sponsor pays for: the answer to GET /v1/offer.
type Offer struct {
	Version   int            `json:"version"` // 1
	ChainID   uint32         `json:"chain_id"`
	Contract  wallet.Address `json:"contract"`
	Payer     wallet.Address `json:"payer"`  // whose channels pay; seeders take one session per tail from it
	Signer    wallet.Address `json:"signer"` // who signs the vouchers
	Asset     string         `json:"asset"`
	MaxPrice  channel.Amount `json:"max_price_per_mib"`
	Torrents  []Hash20       `json:"torrents"`
	Session   int64          `json:"session_bytes"`    // what one session pays for at most
	PerViewer int64          `json:"per_viewer_bytes"` // what one viewer key is given in all
	Seeders   []Seeder       `json:"seeders,omitempty"`
}

// Seeder is a payee that the sponsor has a channel to, and where to reach it when that is known.
type Seeder struct {
	Payee wallet.Address `json:"payee"`
	Peer  string         `json:"peer,omitempty"` // host:port
}

// Domain is the contract that the sponsor's channels are in.
func (o *Offer) Domain() channel.Domain {
	return channel.Domain{ChainID: o.ChainID, Contract: o.Contract}
}

// Ask is a viewer's request for a session: POST /v1/session.
type Ask struct {
	Torrent   Hash20         `json:"torrent"`
	Payee     wallet.Address `json:"payee"`
	Price     channel.Amount `json:"price_per_mib"`
	Unit      channel.Amount `json:"unit"` // of one step
	Length    uint32         `json:"length"`
	Anchor    Hash32         `json:"anchor"`
	Viewer    Hash32         `json:"viewer"` // Ed25519 public key
	Signature Hash64         `json:"signature"`
}

// Session is the answer: a voucher that carries the tail. To a Redeem it is the channel's newest voucher.
type Session struct {
	Voucher Voucher  `json:"voucher"`
	Lapsed  []Hash32 `json:"lapsed,omitempty"` // tails of a Redeem that came too late: their sessions are not known any more, or what they held was granted again
}

// Redeem brings reveals of a channel's tails: POST /v1/redeem. Anybody may: a preimage proves itself, and it only raises what the seeder is owed.
type Redeem struct {
	Channel channel.ID `json:"channel"`
	Reveals []Reveal   `json:"reveals"`
}

// Close ends a viewer's session: POST /v1/close. Reveal is the furthest one that was made; its count is 0 when there was none.
type Close struct {
	Reveal    Reveal `json:"reveal"`
	Signature Hash64 `json:"signature"`
}

// Refusal is the answer to a request that is refused.
type Refusal struct {
	Code string `json:"code"` // of a closed list: see codes
	Text string `json:"error"`
}

// Reveal is channel.Reveal in JSON.
type Reveal struct {
	Tail     Hash32 `json:"tail"`
	Count    uint32 `json:"count"`
	Preimage Hash32 `json:"preimage"`
}

// Voucher is channel.SignedVoucher in JSON.
type Voucher struct {
	Channel    channel.ID     `json:"channel"`
	Cumulative channel.Amount `json:"cumulative"`
	Tails      []Tail         `json:"tails"`
	Signature  string         `json:"signature"`
}

// Tail is channel.Tail in JSON.
type Tail struct {
	Anchor Hash32         `json:"anchor"`
	Unit   channel.Amount `json:"unit"`
	Length uint32         `json:"length"`
	Expiry int64          `json:"expiry"`
}

func voucherOf(v channel.SignedVoucher) Voucher {
	out := Voucher{Channel: v.Channel, Cumulative: v.Cumulative, Tails: []Tail{}, Signature: v.Signature.String()}
	for _, t := range v.Tails {
		out.Tails = append(out.Tails, Tail{Hash32(t.Anchor), t.Unit, t.Length, t.Expiry})
	}
	return out
}

// Signed is the voucher as package channel has it, checked for what any channel asks of one. The signature is not checked.
func (v *Voucher) Signed() (channel.SignedVoucher, error) {
	signature, err := wallet.ParseSignature(v.Signature)
	if err != nil {
		return channel.SignedVoucher{}, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	out := channel.SignedVoucher{Voucher: channel.Voucher{Channel: v.Channel, Cumulative: v.Cumulative}, Signature: signature}
	for _, t := range v.Tails {
		out.Tails = append(out.Tails, channel.Tail{Anchor: channel.Anchor(t.Anchor), Unit: t.Unit, Length: t.Length, Expiry: t.Expiry})
	}
	if err := out.Validate(); err != nil {
		return channel.SignedVoucher{}, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return out, nil
}

func revealOf(r channel.Reveal) Reveal { return Reveal{Hash32(r.Tail), r.Count, Hash32(r.Preimage)} }

// digest is what a viewer signs: every field, each of one length, after words that nothing else is signed with.
func (a *Ask) digest() []byte {
	b := []byte("piecework sponsor session 1\n")
	b = append(b, a.Torrent[:]...)
	payee, price, unit := a.Payee.EVM(), a.Price.Word(), a.Unit.Word()
	b = append(append(append(b, payee[:]...), price[:]...), unit[:]...)
	b = binary.BigEndian.AppendUint32(b, a.Length)
	return append(append(b, a.Anchor[:]...), a.Viewer[:]...)
}

// Sign signs the request with the viewer's key.
func (a *Ask) Sign(key ed25519.PrivateKey) {
	a.Viewer = Hash32(key.Public().(ed25519.PublicKey))
	a.Signature = Hash64(ed25519.Sign(key, a.digest()))
}

// check says whether the request could be granted by anybody.
func (a *Ask) check() error {
	switch {
	case a.Length == 0 || a.Length > channel.MaxTailLength:
		return fmt.Errorf("%w: %d steps", ErrMessage, a.Length)
	case a.Unit.IsZero() || !a.Unit.Fits() || a.Price.IsZero() || !a.Price.Fits():
		return fmt.Errorf("%w: a price or unit of nothing", ErrMessage)
	case !ed25519.Verify(a.Viewer[:], a.digest(), a.Signature[:]):
		return fmt.Errorf("%w: not signed by the viewer's key", ErrMessage)
	}
	return nil
}

func (c *Close) digest() []byte {
	b := append([]byte("piecework sponsor close 1\n"), c.Reveal.Tail[:]...)
	b = binary.BigEndian.AppendUint32(b, c.Reveal.Count)
	return append(b, c.Reveal.Preimage[:]...)
}

// Sign signs the end of a session with the key that opened it.
func (c *Close) Sign(key ed25519.PrivateKey) { c.Signature = Hash64(ed25519.Sign(key, c.digest())) }

// decode reads one JSON object, strictly: nothing after it, and no more than maxMessage.
func decode(r io.Reader, into any) error {
	b, err := io.ReadAll(io.LimitReader(r, maxMessage+1))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if len(b) > maxMessage {
		return fmt.Errorf("%w: over %d bytes", ErrMessage, maxMessage)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the object", ErrMessage)
	}
	return nil
}

// Hash20, Hash32 and Hash64 are bytes of a fixed length: hex in JSON, but Hash64, a signature, is base64.
type (
	Hash20 [20]byte
	Hash32 [32]byte
	Hash64 [64]byte
)

// String is the bytes in hex.
func (h Hash20) String() string { return hex.EncodeToString(h[:]) }

// MarshalText gives hex.
func (h Hash20) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h[:])), nil }

// UnmarshalText reads hex.
func (h *Hash20) UnmarshalText(b []byte) error { return unhex(h[:], b) }

// MarshalText gives hex.
func (h Hash32) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h[:])), nil }

// UnmarshalText reads hex.
func (h *Hash32) UnmarshalText(b []byte) error { return unhex(h[:], b) }

// MarshalText gives base64.
func (h Hash64) MarshalText() ([]byte, error) { return base64.StdEncoding.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads base64.
func (h *Hash64) UnmarshalText(b []byte) error {
	raw, err := base64.StdEncoding.DecodeString(string(b))
	if err != nil || len(raw) != len(h) {
		return fmt.Errorf("%w: want %d bytes in base64", ErrMessage, len(h))
	}
	copy(h[:], raw)
	return nil
}

func unhex(into, text []byte) error {
	if len(text) != 2*len(into) {
		return fmt.Errorf("%w: want %d hex digits", ErrMessage, 2*len(into))
	}
	if _, err := hex.Decode(into, text); err != nil {
		return fmt.Errorf("%w: want hex digits", ErrMessage)
	}
	return nil
}
