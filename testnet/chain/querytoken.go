package chain

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Asset is a TRC-10 token by the decimal digits of its id, or nil. Its public usage is recovered to now.
func (n *Node) Asset(v View, id string) (m *tronpb.AssetIssueContract) {
	n.read(v, func(s *state.State) { m = tokenMessage(s, []byte(id)) })
	return m
}

func tokenMessage(s *state.State, name []byte) *tronpb.AssetIssueContract {
	id, ok := state.ParseTokenID(name)
	token := s.Token(id)
	if !ok || token == nil {
		return nil
	}
	m := proto.Clone(token).(*tronpb.AssetIssueContract)
	m.PublicFreeAssetNetUsage = actuator.TokenRecovered(token.GetPublicFreeAssetNetUsage(), token.GetPublicLatestFreeNetTime(), s.Slot())
	return m
}

// AssetsByName lists the tokens of a name, as getassetissuelistbyname does.
func (n *Node) AssetsByName(v View, name []byte) (list []*tronpb.AssetIssueContract) {
	n.read(v, func(s *state.State) {
		for _, id := range s.Tokens() {
			if string(s.Token(id).GetName()) == string(name) {
				list = append(list, tokenMessage(s, []byte(id.String())))
			}
		}
	})
	return list
}

// Assets lists all tokens by ascending id.
func (n *Node) Assets(v View) (list []*tronpb.AssetIssueContract) {
	n.read(v, func(s *state.State) {
		for _, id := range s.Tokens() {
			list = append(list, tokenMessage(s, []byte(id.String())))
		}
	})
	return list
}

// AssetsOf lists the tokens that an account has issued.
func (n *Node) AssetsOf(v View, issuer []byte) (list []*tronpb.AssetIssueContract) {
	n.read(v, func(s *state.State) {
		for _, id := range s.Tokens() {
			if string(s.Token(id).GetOwnerAddress()) == string(issuer) {
				list = append(list, tokenMessage(s, []byte(id.String())))
			}
		}
	})
	return list
}

// Contract is the record of a contract with its ABI and init code, or nil.
func (n *Node) Contract(v View, address []byte) (m *tronpb.SmartContract) {
	a, err := wallet.AddressFromBytes(address)
	if err != nil {
		return nil
	}
	n.read(v, func(s *state.State) { m = s.Contract(a) })
	return m
}

// ContractInfo answers getcontractinfo: the record, the runtime code and the state of dynamic energy; nil when there is no such contract.
func (n *Node) ContractInfo(v View, address []byte) (m *tronpb.SmartContractDataWrapper) {
	a, err := wallet.AddressFromBytes(address)
	if err != nil {
		return nil
	}
	n.read(v, func(s *state.State) {
		record := s.Contract(a)
		if record == nil {
			return
		}
		m = &tronpb.SmartContractDataWrapper{SmartContract: record, ContractState: actuator.EnergyStateNow(s, a)}
		if code := s.Code(a); code != nil {
			m.Runtimecode = code.Bytes
		}
	})
	return m
}

// Code is the runtime code of a contract.
func (n *Node) Code(v View, address wallet.Address) (code []byte) {
	n.read(v, func(s *state.State) {
		if c := s.Code(address); c != nil {
			code = c.Bytes
		}
	})
	return code
}

// StorageAt is a row of a contract's storage by its 32-byte key; zero when there is none.
func (n *Node) StorageAt(v View, address wallet.Address, key [32]byte) (value [32]byte) {
	n.read(v, func(s *state.State) {
		value, _ = s.Row(state.RowKey{Contract: address, Key: [16]byte(key[16:])})
	})
	return value
}

// Balance is an account's TRX; 0 when there is no such account.
func (n *Node) Balance(v View, address wallet.Address) (balance wallet.Sun) {
	n.read(v, func(s *state.State) {
		if a := s.Account(address); a != nil {
			balance = a.Balance
		}
	})
	return balance
}

// TokenBalance is an account's amount of a TRC-10 token in its smallest unit.
func (n *Node) TokenBalance(v View, address wallet.Address, id int64) (amount int64) {
	n.read(v, func(s *state.State) { amount = s.TokenBalance(address, state.TokenID(id)) })
	return amount
}
