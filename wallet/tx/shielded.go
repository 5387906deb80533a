package tx

import "github.com/piecework/piecework/wallet"

// ShieldedTransfer moves TRC-10 in zero knowledge (ShieldedTransferContract). Mainnet never switched it on; it is read and shown, its proofs are not checked.
type ShieldedTransfer struct {
	From             wallet.Address // of a transparent input, if any
	FromAmount       wallet.Units   // smallest units of the token
	Spends           []ShieldedSpend
	Receives         []ShieldedReceive
	BindingSignature []byte         // 64 bytes
	To               wallet.Address // of a transparent output, if any
	ToAmount         wallet.Units   // smallest units of the token
}

// ShieldedSpend uses up a note.
type ShieldedSpend struct{ ValueCommitment, Anchor, Nullifier, RK, Proof, Authority []byte }

// ShieldedReceive makes a note.
type ShieldedReceive struct{ ValueCommitment, NoteCommitment, EPK, CEnc, COut, Proof []byte }

// Type is TypeShieldedTransfer.
func (c *ShieldedTransfer) Type() Type { return TypeShieldedTransfer }

// Sender is the transparent sender, or the zero Address.
func (c *ShieldedTransfer) Sender() wallet.Address { return c.From }

func (c *ShieldedTransfer) fields(f fields) {
	f.address(1, "transparent_from_address", &c.From)
	f.units(2, "from_amount", &c.FromAmount)
	repeated(f, 3, "spend_description", &c.Spends, (*ShieldedSpend).fields)
	repeated(f, 4, "receive_description", &c.Receives, (*ShieldedReceive).fields)
	f.bytes(5, "binding_signature", &c.BindingSignature)
	f.address(6, "transparent_to_address", &c.To)
	f.units(7, "to_amount", &c.ToAmount)
}

func (s *ShieldedSpend) fields(f fields) {
	f.bytes(1, "value_commitment", &s.ValueCommitment)
	f.bytes(2, "anchor", &s.Anchor)
	f.bytes(3, "nullifier", &s.Nullifier)
	f.bytes(4, "rk", &s.RK)
	f.bytes(5, "zkproof", &s.Proof)
	f.bytes(6, "spend_authority_signature", &s.Authority)
}

func (r *ShieldedReceive) fields(f fields) {
	f.bytes(1, "value_commitment", &r.ValueCommitment)
	f.bytes(2, "note_commitment", &r.NoteCommitment)
	f.bytes(3, "epk", &r.EPK)
	f.bytes(4, "c_enc", &r.CEnc)
	f.bytes(5, "c_out", &r.COut)
	f.bytes(6, "zkproof", &r.Proof)
}
