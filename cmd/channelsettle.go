package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet"
)

func channelSettle(c *cli.Context) error {
	return askSettlement(c, func(ctx context.Context, settlements channelpb.SettlementsClient, id channel.ID) ([]*channelpb.Operation, error) {
		answer, err := settlements.Settle(ctx, &channelpb.SettleRequest{Channels: [][]byte{id[:]}})
		return answer.GetOperations(), err
	})
}

func channelClose(c *cli.Context) error {
	return askSettlement(c, func(ctx context.Context, settlements channelpb.SettlementsClient, id channel.ID) ([]*channelpb.Operation, error) {
		answer, err := settlements.Close(ctx, &channelpb.CloseRequest{Channel: id[:]})
		return []*channelpb.Operation{answer.GetOperation()}, err
	})
}

func askSettlement(c *cli.Context, ask func(context.Context, channelpb.SettlementsClient, channel.ID) ([]*channelpb.Operation, error)) error {
	id, err := channel.ParseID(c.String("id"))
	if err != nil {
		return usagef("--id: %s", err)
	}
	remote, err := dialServer(c)
	if err != nil {
		return err
	}
	defer func() { _ = remote.Close() }()
	ctx := remote.Authorized(c.Context)
	asked, err := ask(ctx, remote.Settlements(), id)
	if err != nil {
		return remote.Error(id, err)
	}
	out := settlements{Settlements: []settlement{}}
	for _, one := range asked {
		final, err := watch(ctx, remote.Settlements(), one)
		if err != nil {
			return remote.Error(id, err)
		}
		out.Settlements = append(out.Settlements, final)
	}
	return printResult(c, out)
}

// watch follows a settlement until it is final.
func watch(ctx context.Context, from channelpb.SettlementsClient, one *channelpb.Operation) (settlement, error) {
	stream, err := from.Watch(ctx, &channelpb.SettlementsWatchRequest{Id: one.GetId()})
	if err != nil {
		return settlement{}, err
	}
	for {
		answer, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return settlementOf(one), nil
		}
		if err != nil {
			return settlement{}, err
		}
		one = answer.GetOperation()
	}
}

// settlement is a transaction that settled channels.
type settlement struct {
	TxID     string   `json:"txid"`
	State    string   `json:"state"`
	Channels []string `json:"channels"`
	Values   []string `json:"settled_units"`
	Block    int64    `json:"block,omitempty"`
	Energy   int64    `json:"energy"`
	FeeSun   int64    `json:"fee_sun,string"`
	Failure  string   `json:"failure,omitempty"`
}

type settlements struct {
	Settlements []settlement `json:"settlements"`
}

func (s settlements) schema() string { return "piecework.settlements.v1" }

func (s settlements) table() table {
	t := table{heading: []string{"TXID", "STATE", "CHANNELS", "ENERGY", "TRX BURNT"}}
	for _, one := range s.Settlements {
		t.rows = append(t.rows, []string{one.TxID, one.State + " " + one.Failure, fmt.Sprint(len(one.Channels)), fmt.Sprint(one.Energy), wallet.Sun(one.FeeSun).String()})
	}
	if len(s.Settlements) == 0 {
		t = table{notes: []string{"Nothing is due."}}
	}
	return t
}

func settlementOf(m *channelpb.Operation) settlement {
	state := strings.ToLower(strings.TrimPrefix(m.GetState().String(), "OPERATION_STATE_"))
	s := settlement{
		TxID: fmt.Sprintf("%x", m.GetId()), State: strings.ReplaceAll(state, "_", " "), Values: []string{}, Block: m.GetBlock(), Energy: m.GetEnergy(),
		FeeSun: m.GetFeeSun(), Failure: m.GetFailure(), Channels: []string{},
	}
	for _, one := range m.GetChannels() {
		s.Channels = append(s.Channels, fmt.Sprintf("%x", one.GetId()))
		s.Values = append(s.Values, one.GetWorth())
	}
	return s
}
