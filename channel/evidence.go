package channel

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/piecework/piecework/wallet"
)

// ErrEvidence is wrapped by errors about bytes that hold no evidence.
var ErrEvidence = errors.New("not channel evidence")

// Layout of encoded evidence, big-endian: version, cumulative (16), number of tails, the tails, signature (65), and for each tail its progress.
// Without a voucher it is empty.
const (
	evidenceVersion = 1
	tailBytes       = 32 + 16 + 4 + 8
	progressBytes   = 4 + 32
	signatureBytes  = 65
)

// AppendEvidence appends the record's evidence (held voucher, signature, progress of its tails) to b: what a payee must not lose.
func (r *Record) AppendEvidence(b []byte) []byte {
	if !r.HasVoucher() {
		return b
	}
	b = append(b, evidenceVersion)
	b = r.Held.Cumulative.append16(b)
	b = append(b, byte(len(r.Held.Tails)))
	for i := range r.Held.Tails {
		t := &r.Held.Tails[i]
		b = append(b, t.Anchor[:]...)
		b = t.Unit.append16(b)
		b = binary.BigEndian.AppendUint32(b, t.Length)
		b = binary.BigEndian.AppendUint64(b, uint64(t.Expiry))
	}
	b = append(b, r.Held.Signature[:]...)
	for i := range r.Reveals {
		b = binary.BigEndian.AppendUint32(b, r.Reveals[i].Count)
		b = append(b, r.Reveals[i].Preimage[:]...)
	}
	return b
}

// SetEvidence replaces the record's evidence by what AppendEvidence wrote. It checks form and bounds, no signature. Errors wrap ErrEvidence.
func (r *Record) SetEvidence(b []byte) error {
	if len(b) == 0 {
		r.Held, r.Reveals = SignedVoucher{}, r.Reveals[:0]
		return nil
	}
	const head = 1 + 16 + 1
	if len(b) < head || b[0] != evidenceVersion {
		return fmt.Errorf("%w: unknown form", ErrEvidence)
	}
	n := int(b[head-1])
	if n > MaxTails || len(b) != head+n*(tailBytes+progressBytes)+signatureBytes {
		return fmt.Errorf("%w: %d bytes with %d tails", ErrEvidence, len(b), n)
	}
	v, err := decodeVoucher(r.ID, b[1:17], b[head:head+n*tailBytes])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEvidence, err)
	}
	rest := b[head+n*tailBytes:]
	reveals, err := decodeProgress(v.Tails, rest[signatureBytes:])
	if err != nil {
		return err
	}
	r.Held, r.Reveals = SignedVoucher{Voucher: v, Signature: wallet.Signature(rest[:signatureBytes])}, reveals
	return nil
}

func decodeVoucher(id ID, cumulative, tails []byte) (Voucher, error) {
	v := Voucher{Channel: id}
	var err error
	if v.Cumulative, err = AmountFromBytes(cumulative); err != nil {
		return Voucher{}, err
	}
	for ; len(tails) > 0; tails = tails[tailBytes:] {
		unit, err := AmountFromBytes(tails[32:48])
		if err != nil {
			return Voucher{}, err
		}
		v.Tails = append(v.Tails, Tail{
			Anchor: Anchor(tails[:32]),
			Unit:   unit,
			Length: binary.BigEndian.Uint32(tails[48:]),
			Expiry: int64(binary.BigEndian.Uint64(tails[52:])),
		})
	}
	return v, v.Validate()
}

func decodeProgress(tails []Tail, b []byte) ([]Progress, error) {
	reveals := make([]Progress, len(tails))
	for i := range tails {
		p := b[i*progressBytes:]
		reveals[i] = Progress{Count: binary.BigEndian.Uint32(p), Preimage: [32]byte(p[4:])}
		if reveals[i].Count > tails[i].Length || reveals[i].Count == 0 && reveals[i].Preimage != [32]byte{} {
			return nil, fmt.Errorf("%w: %d steps of a tail of %d", ErrEvidence, reveals[i].Count, tails[i].Length)
		}
	}
	return reveals, nil
}

// CheckEvidence recomputes what the record claims from its evidence: the signature (but for its v, see SignedVoucher.VerifyKey) and every reveal. A store that was restored or touched by
// hand is found out here.
func (u Rule) CheckEvidence(r *Record) error {
	if !r.HasVoucher() {
		return nil
	}
	held := r.Held.Recovering(u.separator, r.Terms.Signer)
	if err := held.Verify(u.separator, r.Terms.Signer); err != nil {
		return fmt.Errorf("checking the evidence of channel %s: %w", r.ID.Short(), err)
	}
	for i, p := range r.Reveals {
		if p.Count > 0 && HashForward(p.Preimage, p.Count) != r.Held.Tails[i].Anchor {
			return fmt.Errorf("checking the evidence of channel %s: %w", r.ID.Short(), ErrBadPreimage)
		}
	}
	return nil
}

// append16 is Bytes without an allocation.
func (a *Amount) append16(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, a.v[1])
	return binary.BigEndian.AppendUint64(b, a.v[0])
}
