package chain

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/testnet/vm"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// historyWindow is how many block ids the history contract keeps.
const historyWindow = 8191

// historyContract is where contracts read past block ids (TIP-2935, parameter 95).
var historyContract = wallet.AddressFromEVM([20]byte{
	0x00, 0x00, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb, 0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0x00, 0x29, 0x35,
})

// historyCode is the runtime code that EIP-2935 gives.
const historyCode = "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"

// historyDeployer is who deployed that code on Ethereum.
var historyDeployer = wallet.AddressFromEVM([20]byte{
	0x34, 0x62, 0x41, 0x3a, 0xf4, 0x60, 0x90, 0x98, 0xe1, 0xe2, 0x7a, 0x49, 0x0f, 0x55, 0x4f, 0x26, 0x02, 0x13, 0xd6, 0x85,
})

// writeBlockHistory stores the parent's id before a block's transactions run, and makes the contract where it is not there yet.
func writeBlockHistory(s *state.State, number int64, parent [32]byte) {
	if s.Contract(historyContract) == nil {
		makeHistory(s)
	}
	var key [16]byte
	binary.BigEndian.PutUint64(key[8:], uint64((number-1)%historyWindow))
	s.SetRow(state.RowKey{Contract: historyContract, Key: key}, parent)
}

// makeHistory makes the contract without a transaction: it has no ABI, its record no hash of the code and its account no name.
func makeHistory(s *state.State) {
	code, err := hex.DecodeString(historyCode)
	if err != nil {
		panic("chain: the history contract's code: " + err.Error())
	}
	made := vm.NewCode(code)
	s.PutContract(historyContract, &tronpb.SmartContract{
		ContractAddress: historyContract[:], OriginAddress: historyDeployer[:], Name: "BlockHashHistory", ConsumeUserResourcePercent: 100,
	})
	s.SetCode(historyContract, &state.Code{Bytes: code, Hash: made.Hash(), Analysis: made})
	if s.Account(historyContract) == nil {
		s.PutAccount(&state.Account{Address: historyContract})
	}
	s.Edit(historyContract, func(a *state.Account) {
		a.Type = tronpb.AccountType_Contract
		a.Borrowed, a.BorrowedOld = [state.Resources]wallet.Sun{}, [state.Resources]wallet.Sun{}
	})
}

func wordHex(w [32]byte) string { return hex.EncodeToString(w[:]) }
