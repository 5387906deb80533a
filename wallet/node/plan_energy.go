package node

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

// energy simulates a smart contract and splits what it uses among its payers.
func (w *planning) energy(ctx context.Context) error {
	call, ok := callOf(w.contract)
	if !ok {
		return nil
	}
	simulation, failed := w.node.Simulate(ctx, Head, call)
	var failure *FailedError
	if failed != nil && !errors.As(failed, &failure) {
		return failed
	}
	w.plan.Simulation = simulation
	if simulation == nil {
		return failed
	}
	w.plan.Energy, w.plan.EnergyPenalty = simulation.Energy, simulation.Penalty
	w.plan.FeeLimit = feeLimit(w.plan.Energy, w.params)
	if err := w.splitEnergy(ctx, call.Contract); err != nil {
		return err
	}
	return failed
}

// splitEnergy follows java-tron's bill: first the deployer's share as far as its stake reaches, then the caller's stake, then TRX.
func (w *planning) splitEnergy(ctx context.Context, address wallet.Address) error {
	rest := w.plan.Energy
	if !address.IsZero() {
		contract, err := w.node.Contract(ctx, address)
		if err != nil {
			return err
		}
		if contract.Deployer != w.owner && contract.CallerPercent < 100 {
			deployer, err := w.node.Resources(ctx, contract.Deployer)
			if err != nil {
				return err
			}
			share := rest * (100 - contract.CallerPercent) / 100
			w.plan.EnergyByDeployer = min(share, deployer.StakedEnergy(), contract.DeployerLimit)
			rest -= w.plan.EnergyByDeployer
		}
	}
	w.plan.EnergyByStake = min(rest, w.resources.StakedEnergy())
	w.plan.EnergyFee = wallet.Sun(rest-w.plan.EnergyByStake) * w.params.EnergyFee
	return nil
}

// feeLimit is the proposed ceiling. It bounds staked energy too, so it covers all of it.
func feeLimit(energy int64, p *Params) wallet.Sun {
	limit := (wallet.Sun(energy)*p.EnergyFee*(100+headroomPercent) + 99) / 100
	return min(limit, p.MaxFeeLimit)
}

func callOf(contract proto.Message) (Call, bool) {
	switch c := contract.(type) {
	case *tronpb.TriggerSmartContract:
		call := Call{Data: c.GetData(), Value: wallet.Sun(c.GetCallValue()), TokenID: c.GetTokenId(), Tokens: c.GetCallTokenValue()}
		copy(call.From[:], c.GetOwnerAddress())
		copy(call.Contract[:], c.GetContractAddress())
		return call, true
	case *tronpb.CreateSmartContract:
		n := c.GetNewContract()
		call := Call{Data: n.GetBytecode(), Value: wallet.Sun(n.GetCallValue()), TokenID: c.GetTokenId(), Tokens: c.GetCallTokenValue()}
		copy(call.From[:], c.GetOwnerAddress())
		return call, true
	}
	return Call{}, false
}

// valueOf is the TRX that leaves the sender's balance without being burnt.
func valueOf(contract proto.Message) wallet.Sun {
	switch c := contract.(type) {
	case *tronpb.TransferContract:
		return wallet.Sun(c.GetAmount())
	case *tronpb.ParticipateAssetIssueContract:
		return wallet.Sun(c.GetAmount())
	case *tronpb.FreezeBalanceV2Contract:
		return wallet.Sun(c.GetFrozenBalance())
	case *tronpb.TriggerSmartContract:
		return wallet.Sun(c.GetCallValue())
	case *tronpb.CreateSmartContract:
		return wallet.Sun(c.GetNewContract().GetCallValue())
	case *tronpb.ExchangeCreateContract:
		return trxSide(c.GetFirstTokenId(), c.GetFirstTokenBalance()) + trxSide(c.GetSecondTokenId(), c.GetSecondTokenBalance())
	case *tronpb.ExchangeInjectContract:
		return trxSide(c.GetTokenId(), c.GetQuant())
	case *tronpb.ExchangeTransactionContract:
		return trxSide(c.GetTokenId(), c.GetQuant())
	case *tronpb.MarketSellAssetContract:
		return trxSide(c.GetSellTokenId(), c.GetSellTokenQuantity())
	}
	return 0
}

// trxSide is an amount if its token is TRX itself, which the exchange writes as "_".
func trxSide(token []byte, amount int64) wallet.Sun {
	if string(token) == "_" {
		return wallet.Sun(amount)
	}
	return 0
}

// contractFee is what the chain burns for a contract of the system, beside bandwidth and activation.
func (w *planning) contractFee() wallet.Sun {
	switch w.contract.(type) {
	case *tronpb.AssetIssueContract:
		return w.params.AssetIssueFee
	case *tronpb.AccountPermissionUpdateContract:
		return w.params.PermissionFee
	case *tronpb.WitnessCreateContract:
		return w.params.WitnessFee
	case *tronpb.ExchangeCreateContract:
		return w.params.ExchangeFee
	case *tronpb.MarketSellAssetContract:
		return wallet.Sun(w.params.All["getMarketSellFee"])
	case *tronpb.MarketCancelOrderContract:
		return wallet.Sun(w.params.All["getMarketCancelFee"])
	}
	return 0
}
