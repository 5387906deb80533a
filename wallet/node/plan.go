package node

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// Sizes that the chain adds to what it stores of a transaction (BandwidthProcessor of java-tron).
const (
	resultBytes    = 64 // per contract, whatever its result
	signatureBytes = 65
)

// Headroom over a simulation that a proposed fee limit has: the state can change until the transaction runs.
const headroomPercent = 30

// Plan is what a transaction will do to its sender's resources and balance, as far as the state of now tells.
type Plan struct {
	Size             int64 // bytes of bandwidth
	BandwidthBurnt   bool  // no bandwidth of any kind suffices: TRX pays for all of it
	Energy           int64 // used in a simulation, penalty included
	EnergyPenalty    int64 // of Energy, because the contract is busy (dynamic energy)
	EnergyByStake    int64 // of Energy, covered by the sender's stake
	EnergyByDeployer int64 // of Energy, covered by the contract's deployer

	Activates wallet.Address // the account that comes into being; zero: none

	BandwidthFee  wallet.Sun // burnt for bandwidth
	EnergyFee     wallet.Sun // burnt for energy
	ActivationFee wallet.Sun // for Activates
	MemoFee       wallet.Sun // because there is a memo
	MultiSignFee  wallet.Sun // because more than one key signs
	ContractFee   wallet.Sun // that the contract type asks for: issuing a token, changing permissions …

	Value    wallet.Sun // TRX that moves to somebody else or into a stake
	Balance  wallet.Sun // of the sender, now
	FeeLimit wallet.Sun // proposed for a smart contract: 1.3 × the simulated energy at today's price, at most the chain's maximum

	Simulation *Simulation // of a smart contract
}

// Burn is all TRX that is expected to be burnt.
func (p *Plan) Burn() wallet.Sun {
	return p.BandwidthFee + p.EnergyFee + p.ActivationFee + p.MemoFee + p.MultiSignFee + p.ContractFee
}

// Missing is how much TRX the sender lacks for value and burn; 0 when it has enough.
func (p *Plan) Missing() wallet.Sun { return max(0, p.Burn()+p.Value-p.Balance) }

// Plan prices a transaction before it is signed: raw is its raw_data, signatures how many it will have.
// A smart contract is simulated: when that fails, the *FailedError comes with a plan that is good up to there.
// An account that does not exist has no balance and no bandwidth; that is a plan with Missing, not an error.
func (n *Node) Plan(ctx context.Context, raw []byte, signatures int) (*Plan, error) {
	message := &tronpb.TransactionRaw{}
	if err := proto.Unmarshal(raw, message); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotTransaction, err)
	}
	if len(message.GetContract()) != 1 {
		return nil, fmt.Errorf("%w: %d contracts, want 1", ErrNotTransaction, len(message.GetContract()))
	}
	work := &planning{node: n, raw: message, plan: &Plan{}, signatures: max(1, signatures)}
	if err := work.decode(); err != nil {
		return nil, err
	}
	failed := work.run(ctx)
	var failure *FailedError
	if failed != nil && !errors.As(failed, &failure) {
		return nil, failed
	}
	return work.plan, failed
}

// planning is the work on one plan.
type planning struct {
	node       *Node
	raw        *tronpb.TransactionRaw
	plan       *Plan
	signatures int
	params     *Params
	owner      wallet.Address
	contract   proto.Message
	resources  Resources
}

// owned is what every contract has.
type owned interface{ GetOwnerAddress() []byte }

func (w *planning) decode() error {
	message, err := w.raw.GetContract()[0].GetParameter().UnmarshalNew()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotTransaction, err)
	}
	w.contract = message
	from, ok := message.(owned)
	if !ok {
		return fmt.Errorf("%w: %s has no owner", ErrNotTransaction, message.ProtoReflect().Descriptor().Name())
	}
	if w.owner, err = wallet.AddressFromBytes(from.GetOwnerAddress()); err != nil {
		return fmt.Errorf("%w: its owner: %w", ErrNotTransaction, err)
	}
	return nil
}

func (w *planning) run(ctx context.Context) (err error) {
	if w.params, err = w.node.Params(ctx); err != nil {
		return err
	}
	if w.plan.Balance, _, err = w.node.Balance(ctx, w.owner); err != nil {
		return err
	}
	if w.resources, err = w.node.Resources(ctx, w.owner); err != nil {
		return err
	}
	if len(w.raw.GetData()) > 0 {
		w.plan.MemoFee = w.params.MemoFee
	}
	if w.signatures > 1 {
		w.plan.MultiSignFee = w.params.MultiSignFee
	}
	w.plan.Value = valueOf(w.contract)
	w.plan.ContractFee = w.contractFee()
	if err := w.activation(ctx); err != nil {
		return err
	}
	failed := w.energy(ctx)
	if err := w.bandwidth(ctx); err != nil {
		return err
	}
	return failed
}

// size is what the chain counts: the transaction with its signatures, and a fixed part for its result.
// A fee limit that is not set yet is counted at its proposed value.
func (w *planning) size() int64 {
	raw := w.raw
	if w.plan.FeeLimit > 0 && raw.GetFeeLimit() == 0 {
		raw = proto.CloneOf(raw)
		raw.FeeLimit = int64(w.plan.FeeLimit)
	}
	inner := proto.Size(raw)
	whole := protowire.SizeTag(1) + protowire.SizeBytes(inner) + w.signatures*(protowire.SizeTag(2)+protowire.SizeBytes(signatureBytes))
	return int64(whole + resultBytes)
}

func (w *planning) bandwidth(ctx context.Context) error {
	w.plan.Size = w.size()
	if w.plan.Size <= w.resources.StakedBandwidth() {
		return nil
	}
	if !w.plan.Activates.IsZero() { // never from the free allowance, and at a flat price
		w.plan.BandwidthBurnt, w.plan.BandwidthFee = true, w.params.ActivationBytes
		return nil
	}
	paid, err := w.paidByIssuer(ctx)
	if err != nil || paid || w.plan.Size <= w.resources.FreeBandwidth() {
		return err
	}
	w.plan.BandwidthBurnt = true
	w.plan.BandwidthFee = wallet.Sun(w.plan.Size) * w.params.BandwidthFee
	return nil
}

// paidByIssuer says whether the issuer of a transferred TRC-10 token pays for the bandwidth.
func (w *planning) paidByIssuer(ctx context.Context) (bool, error) {
	transfer, ok := w.contract.(*tronpb.TransferAssetContract)
	if !ok {
		return false, nil
	}
	id := string(transfer.GetAssetName())
	asset, err := w.node.Asset(ctx, id)
	if isMissing(err) {
		return false, nil // the node will say so
	}
	if err != nil || asset.FreeBandwidth-w.resources.TokenBandwidthUsed[id] < w.plan.Size ||
		asset.PublicFreeBandwidth-asset.PublicFreeBandwidthUsed < w.plan.Size {
		return false, err
	}
	issuer, err := w.node.Resources(ctx, asset.Issuer)
	return err == nil && issuer.StakedBandwidth() >= w.plan.Size, err
}

func (w *planning) activation(ctx context.Context) error {
	var to []byte
	switch c := w.contract.(type) {
	case *tronpb.TransferContract:
		to = c.GetToAddress()
	case *tronpb.TransferAssetContract:
		to = c.GetToAddress()
	case *tronpb.AccountCreateContract:
		to = c.GetAccountAddress()
	default:
		return nil
	}
	address, err := wallet.AddressFromBytes(to)
	if err != nil {
		return fmt.Errorf("%w: its recipient: %w", ErrNotTransaction, err)
	}
	_, err = w.node.Account(ctx, Head, address)
	if !isMissing(err) {
		return err
	}
	w.plan.Activates, w.plan.ActivationFee = address, w.params.ActivationFee
	return nil
}
