package fork

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet/tronpb"
)

// ErrSource is wrapped by errors about a node that cannot be forked.
var ErrSource = errors.New("cannot fork the node")

// Start is what a fork begins with.
type Start struct {
	// Genesis and Head are the other network's first block and the one that the fork goes on from, without their transactions.
	Genesis, Head *state.Block
	// Params are its chain parameters by their names.
	Params map[string]int64
	// Witnesses are its block producers and candidates.
	Witnesses []*tronpb.Witness
	// NextMaintenance is in milliseconds since 1970.
	NextMaintenance int64
	// NetWeight, EnergyWeight and TronPowerWeight are all stakes in whole TRX.
	NetWeight, EnergyWeight, TronPowerWeight int64
	// LastToken is the number of its newest TRC-10 token.
	LastToken int64
}

// ParseTarget reads "http://127.0.0.1:9090" or "http://127.0.0.1:9090@123": a node and, after the @, the block to go on from; -1 is its newest.
func ParseTarget(text string) (base string, block int64, err error) {
	base, block = text, -1
	if i := strings.LastIndexByte(text, '@'); i > 0 {
		if n, err := strconv.ParseInt(text[i+1:], 10, 64); err == nil && n >= 0 {
			base, block = text[:i], n
		}
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", 0, fmt.Errorf("%w: %q is no address like http://127.0.0.1:9090 or https://api.trongrid.io@50000000", ErrSource, text)
	}
	return strings.TrimSuffix(base, "/"), block, nil
}

// Open reads what a fork begins with. cache is a folder for what the node said, used again for the same block; empty keeps it in memory only.
func Open(target, cache string) (*Source, error) {
	base, block, err := ParseTarget(target)
	if err != nil {
		return nil, err
	}
	s := &Source{client: newClient(base)}
	if err := s.open(block, cache); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSource, err)
	}
	return s, nil
}

func (s *Source) open(number int64, cache string) (err error) {
	if s.Genesis, err = s.block("0"); err != nil {
		return err
	}
	asked := ""
	if number >= 0 {
		asked = strconv.FormatInt(number, 10)
	}
	if s.Head, err = s.block(asked); err != nil {
		return err
	}
	if cache != "" {
		s.client.dir = filepath.Join(cache, hex.EncodeToString(s.Genesis.ID[24:]), hex.EncodeToString(s.Head.ID[:]))
		if err := os.MkdirAll(s.client.dir, 0o700); err != nil {
			return err
		}
	}
	for _, read := range []func() error{s.readParams, s.readWitnesses, s.readWeights, s.readMaintenance, s.findTokens} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// block reads a header and checks that its id belongs to it.
func (s *Source) block(number string) (*state.Block, error) {
	m := &tronpb.Block{}
	answer, err := s.client.ask("/wallet/getblock", fmt.Sprintf(`{"id_or_num":%q,"detail":false}`, number))
	if err != nil {
		return nil, err
	}
	if err := s.read("/wallet/getblock", fmt.Sprintf(`{"id_or_num":%q,"detail":false}`, number), m); err != nil {
		return nil, err
	}
	var told struct{ BlockID string }
	if err := json.Unmarshal(answer, &told); err != nil || told.BlockID == "" {
		return nil, fmt.Errorf("it has no block %s", number)
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m.GetBlockHeader().GetRawData())
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(raw)
	binary.BigEndian.PutUint64(id[:8], uint64(m.GetBlockHeader().GetRawData().GetNumber()))
	if hex.EncodeToString(id[:]) != told.BlockID {
		return nil, fmt.Errorf("block %s has the id %s, its header says %x", number, told.BlockID, id)
	}
	return &state.Block{ID: id, Block: m}, nil
}

func (s *Source) readParams() error {
	m := &tronpb.ChainParameters{}
	if err := s.read("/wallet/getchainparameters", "{}", m); err != nil {
		return err
	}
	s.Params = map[string]int64{}
	for _, p := range m.GetChainParameter() {
		s.Params[p.GetKey()] = p.GetValue()
	}
	if len(s.Params) == 0 {
		return errors.New("it tells no chain parameters")
	}
	return nil
}

func (s *Source) readWitnesses() error {
	m := &tronpb.WitnessList{}
	err := s.read("/wallet/listwitnesses", "{}", m)
	s.Witnesses = m.GetWitnesses()
	return err
}

// readWeights asks about any account: the sums over all accounts are in every answer.
func (s *Source) readWeights() error {
	m := &tronpb.AccountResourceMessage{}
	witness := s.Head.Block.GetBlockHeader().GetRawData().GetWitnessAddress()
	if len(s.Witnesses) > 0 {
		witness = s.Witnesses[0].GetAddress()
	}
	err := s.read("/wallet/getaccountresource", fmt.Sprintf(`{"address":"%x"}`, witness), m)
	s.NetWeight, s.EnergyWeight, s.TronPowerWeight = m.GetTotalNetWeight(), m.GetTotalEnergyWeight(), m.GetTotalTronPowerWeight()
	return err
}

func (s *Source) readMaintenance() error {
	m := &tronpb.NumberMessage{}
	err := s.read("/wallet/getnextmaintenancetime", "{}", m)
	s.NextMaintenance = m.GetNum()
	return err
}

// findTokens finds the newest token's number. Numbers are given without gaps: steps that double find one beyond it, steps that halve the last.
func (s *Source) findTokens() error {
	const first, most = 1_000_000, 1 << 40
	s.LastToken = first
	step := int64(1)
	for ; step < most; step *= 2 {
		if there, err := s.advance(step); err != nil {
			return err
		} else if !there {
			break
		}
	}
	for step /= 2; step > 0; step /= 2 {
		if _, err := s.advance(step); err != nil {
			return err
		}
	}
	return nil
}

// advance goes a step on if there is a token.
func (s *Source) advance(step int64) (there bool, err error) {
	token, err := s.Token(state.TokenID(s.LastToken + step))
	if token != nil {
		s.LastToken += step
	}
	return token != nil, err
}
