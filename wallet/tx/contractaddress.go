package tx

import (
	"encoding/binary"

	"github.com/piecework/piecework/wallet"
)

// ContractAddress is where a deployment puts its contract: the last 20 bytes of keccak256(txid ‖ owner). It depends on every byte of the transaction (WalletUtil.generateContractAddress).
func (t *Transaction) ContractAddress() (wallet.Address, bool) {
	c, ok := t.body.Contract.(*CreateSmartContract)
	if !ok {
		return wallet.Address{}, false
	}
	return DeployAddress(t.id, c.Owner), true
}

// DeployAddress is the address of the contract that owner deploys with transaction id.
func DeployAddress(id ID, owner wallet.Address) wallet.Address {
	return tail(wallet.Keccak256(id[:], owner[:]))
}

// CreateAddress is the address of a contract that the TVM's CREATE makes: the last 20 bytes of keccak256(root txid ‖ nonce), where nonce counts the internal transactions.
func CreateAddress(root ID, nonce uint64) wallet.Address {
	return tail(wallet.Keccak256(root[:], binary.BigEndian.AppendUint64(nil, nonce)))
}

// Create2Address is the address of a contract that the TVM's CREATE2 makes. Unlike Ethereum's (EIP-1014) it has no 0xff and the creator's prefix 0x41 stays.
func Create2Address(creator wallet.Address, salt [32]byte, initCode []byte) wallet.Address {
	code := wallet.Keccak256(initCode)
	return tail(wallet.Keccak256(creator[:], salt[:], code[:]))
}

func tail(sum [32]byte) wallet.Address { return wallet.AddressFromEVM([20]byte(sum[12:])) }
