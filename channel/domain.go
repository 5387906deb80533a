package channel

import (
	"encoding/binary"

	"github.com/piecework/piecework/wallet"
)

// Domain binds signatures to one contract on one chain (TIP-712).
type Domain struct {
	ChainID  uint32         // the last four bytes of the genesis block id
	Contract wallet.Address // the PaymentChannels contract
}

// DomainOn is the domain of a contract on the chain with that genesis block id, whose last four bytes are the chain id.
func DomainOn(genesis [32]byte, contract wallet.Address) Domain {
	return Domain{ChainID: binary.BigEndian.Uint32(genesis[28:]), Contract: contract}
}

// The typed-data type strings of the contract, TIP-712.
const (
	domainType  = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
	tailType    = "Tail(bytes32 anchor,uint256 unit,uint256 length,uint256 expiry)"
	voucherType = "Voucher(bytes32 channel,uint256 cumulative,Tail[] tails)" + tailType
	accessType  = "Access(address account,address hub,string call,uint256 time)"
	closeType   = "Close(bytes32 channel,uint256 cumulative)"
)

var (
	domainTypeHash  = wallet.Keccak256([]byte(domainType))
	tailTypeHash    = wallet.Keccak256([]byte(tailType))
	voucherTypeHash = wallet.Keccak256([]byte(voucherType))
	noTails         = wallet.Keccak256(nil)
	accessTypeHash  = wallet.Keccak256([]byte(accessType))
	closeTypeHash   = wallet.Keccak256([]byte(closeType))
	nameHash        = wallet.Keccak256([]byte("Piecework"))
	versionHash     = wallet.Keccak256([]byte("1"))
)

// Separator is the hash of the domain. Keep it: it is the same for every voucher.
func (d Domain) Separator() [32]byte {
	chain := wordOf(uint64(d.ChainID))
	contract := wordOfAddress(d.Contract)
	return wallet.Keccak256(domainTypeHash[:], nameHash[:], versionHash[:], chain[:], contract[:])
}

// Digest is what the channel's signer signs: the typed-data hash of the voucher under a domain's separator.
func (v Voucher) Digest(separator [32]byte) [32]byte {
	tails := make([]byte, 0, 32*len(v.Tails))
	for _, t := range v.Tails {
		h := t.hash()
		tails = append(tails, h[:]...)
	}
	cumulative, list := v.Cumulative.Word(), noTails
	if len(tails) > 0 {
		list = wallet.Keccak256(tails)
	}
	return typedDigest(separator, wallet.Keccak256(voucherTypeHash[:], v.Channel[:], cumulative[:], list[:]))
}

// CloseDigest is what the payee signs to agree to close a channel at once at that cumulative amount.
func CloseDigest(separator [32]byte, id ID, cumulative Amount) [32]byte {
	word := cumulative.Word()
	return typedDigest(separator, wallet.Keccak256(closeTypeHash[:], id[:], word[:]))
}

// Access is what an account signs to have a hub do or tell something that concerns that account alone. It names the hub, so that no hub can show it to another.
type Access struct {
	Account, Hub wallet.Address
	Call         string // the method's name
	Time         int64  // unix seconds
}

// Digest is what the account signs: the typed-data hash under a domain's separator.
func (a Access) Digest(separator [32]byte) [32]byte {
	account, hub, call, at := wordOfAddress(a.Account), wordOfAddress(a.Hub), wallet.Keccak256([]byte(a.Call)), wordOf(uint64(a.Time))
	return typedDigest(separator, wallet.Keccak256(accessTypeHash[:], account[:], hub[:], call[:], at[:]))
}

// Verify checks the account's signature. The error is ErrNotYours.
func (a Access) Verify(separator [32]byte, signature wallet.Signature) error {
	if verify(signature, a.Digest(separator), a.Account) != nil {
		return ErrNotYours
	}
	return nil
}

func (t Tail) hash() [32]byte {
	unit, length, expiry := t.Unit.Word(), wordOf(uint64(t.Length)), wordOf(uint64(t.Expiry))
	return wallet.Keccak256(tailTypeHash[:], t.Anchor[:], unit[:], length[:], expiry[:])
}

func typedDigest(separator, structHash [32]byte) [32]byte {
	return wallet.Keccak256([]byte{0x19, 0x01}, separator[:], structHash[:])
}

func wordOfAddress(a wallet.Address) (word [32]byte) {
	evm := a.EVM()
	copy(word[12:], evm[:])
	return word
}

func wordOf(n uint64) (word [32]byte) {
	binary.BigEndian.PutUint64(word[24:], n)
	return word
}
