package fork

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Source is another node's state. It is safe for use by several goroutines.
type Source struct {
	client *client
	// Start is what a fork begins with.
	Start
}

var _ state.Source = (*Source)(nil)

// read asks and reads a message.
func (s *Source) read(path, body string, m proto.Message) error {
	answer, err := s.client.ask(path, body)
	if err != nil {
		return err
	}
	if err := refused(answer); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := javajson.Merge(string(answer), m, false); err != nil {
		return fmt.Errorf("reading the forked node's answer to %s: %w", path, err)
	}
	return nil
}

// refused is the error that an answer tells.
func refused(answer []byte) error {
	var e struct{ Error string }
	if json.Unmarshal(answer, &e) == nil && e.Error != "" {
		return fmt.Errorf("the forked node says %q", e.Error)
	}
	return nil
}

// Account is an account with its token balances, or nil.
func (s *Source) Account(a wallet.Address) (*state.Account, map[state.TokenID]int64, error) {
	const path = "/wallet/getaccount"
	body := fmt.Sprintf(`{"address":%q}`, a.Hex())
	m := &tronpb.Account{}
	if err := s.read(path, body, m); err != nil || len(m.GetAddress()) == 0 {
		return nil, nil, err
	}
	answer, err := s.client.ask(path, body)
	if err != nil {
		return nil, nil, err
	}
	var plain struct {
		ID string `json:"asset_issued_ID"`
	}
	if json.Unmarshal(answer, &plain) == nil && plain.ID != "" {
		m.AssetIssued_ID = []byte(plain.ID) // the one field of bytes that is text here
	}
	m.FrozenV2 = withAmount(m.GetFrozenV2())
	s.slots(m)
	account, err := state.AccountFromMessage(m)
	if err != nil {
		return nil, nil, fmt.Errorf("reading account %s of the forked node: %w", a, err)
	}
	tokens := map[state.TokenID]int64{}
	for name, amount := range m.GetAssetV2() {
		if id, ok := state.ParseTokenID([]byte(name)); ok {
			tokens[id] = amount
		}
	}
	return account, tokens, nil
}

// withAmount leaves out the entries that only pad the list.
func withAmount(all []*tronpb.Account_FreezeV2) (some []*tronpb.Account_FreezeV2) {
	for _, f := range all {
		if f.GetAmount() > 0 {
			some = append(some, f)
		}
	}
	return some
}

// slots turns the times of an answer back into slots. What was used is as of the answer, so that it recovers from the fork's block on.
func (s *Source) slots(m *tronpb.Account) {
	slot := func(ms int64) int64 {
		if ms <= s.Genesis.Time() {
			return 0
		}
		return (s.Head.Time() - s.Genesis.Time()) / state.SlotMillis
	}
	m.LatestConsumeTime, m.LatestConsumeFreeTime = slot(m.GetLatestConsumeTime()), slot(m.GetLatestConsumeFreeTime())
	if r := m.GetAccountResource(); r != nil {
		r.LatestConsumeTimeForEnergy = slot(r.GetLatestConsumeTimeForEnergy())
	}
}

// Contract is a contract's record, code and dynamic energy; nil when there is none.
func (s *Source) Contract(a wallet.Address) (*tronpb.SmartContract, []byte, state.EnergyState, error) {
	m := &tronpb.SmartContractDataWrapper{}
	if err := s.read("/wallet/getcontractinfo", fmt.Sprintf(`{"value":%q}`, a.Hex()), m); err != nil {
		return nil, nil, state.EnergyState{}, err
	}
	record := m.GetSmartContract()
	if len(record.GetContractAddress()) == 0 {
		return nil, nil, state.EnergyState{}, nil
	}
	e := state.EnergyState{Factor: m.GetContractState().GetEnergyFactor(), Usage: m.GetContractState().GetEnergyUsage(), Cycle: 1}
	if e.Factor == 0 && e.Usage == 0 {
		e = state.EnergyState{}
	}
	return record, m.GetRuntimecode(), e, nil
}

// Row is a row of a contract's storage, by JSON-RPC: java-tron has no other way to it.
func (s *Source) Row(k state.RowKey) (row [32]byte, err error) {
	evm := k.Contract.EVM()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"eth_getStorageAt","params":["0x%x","0x%032x","latest"]}`, evm, k.Key)
	answer, err := s.client.ask("/jsonrpc", body)
	if err != nil {
		return row, err
	}
	var reply struct {
		Result string
		Error  *struct{ Message string }
	}
	if err := json.Unmarshal(answer, &reply); err != nil {
		return row, fmt.Errorf("reading the forked node's storage: %w", err)
	}
	if reply.Error != nil {
		return row, fmt.Errorf("reading the forked node's storage: it says %q", reply.Error.Message)
	}
	raw, err := hex.DecodeString(strings.TrimPrefix(reply.Result, "0x"))
	if err != nil || len(raw) > len(row) {
		return row, fmt.Errorf("reading the forked node's storage: %q is no word", reply.Result)
	}
	copy(row[len(row)-len(raw):], raw)
	return row, nil
}

// Token is a TRC-10 token, or nil.
func (s *Source) Token(id state.TokenID) (*tronpb.AssetIssueContract, error) {
	m := &tronpb.AssetIssueContract{}
	err := s.read("/wallet/getassetissuebyid", `{"value":`+strconv.Quote(id.String())+`}`, m)
	if err != nil || m.GetId() == "" {
		return nil, err
	}
	return m, nil
}

// Loan is stake that one account lends another.
func (s *Source) Loan(k state.LoanKey) (loan state.Loan, ok bool, err error) {
	list := &tronpb.DelegatedResourceList{}
	body := fmt.Sprintf(`{"fromAddress":%q,"toAddress":%q}`, k.From.Hex(), k.To.Hex())
	path := "/wallet/getdelegatedresourcev2"
	if k.Old {
		path = "/wallet/getdelegatedresource"
	}
	if err := s.read(path, body, list); err != nil {
		return loan, false, err
	}
	for _, d := range list.GetDelegatedResource() {
		locked := d.GetExpireTimeForBandwidth() != 0 || d.GetExpireTimeForEnergy() != 0
		if locked != k.Locked && !k.Old {
			continue
		}
		loan.Amount = [state.Resources]wallet.Sun{wallet.Sun(d.GetFrozenBalanceForBandwidth()), wallet.Sun(d.GetFrozenBalanceForEnergy())}
		loan.Expires = [state.Resources]int64{d.GetExpireTimeForBandwidth(), d.GetExpireTimeForEnergy()}
		return loan, true, nil
	}
	return loan, false, nil
}
