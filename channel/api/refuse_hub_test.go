package api_test

import (
	"math"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/channel/api/message"
	pb "github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/wallet/wallettest"
)

// The hub's rows of the table.
func init() {
	calls["Hub.Register"] = call{
		request: func(w *world) proto.Message { return &pb.RegisterRequest{Proof: w.proof("Register"), Asset: trx()} },
		fields: under("proof", proofFields, map[string][]bad{
			"proof": malformed(nil, &pb.Proof{}), "asset": malformed(nil, &pb.Asset{}), "asset.kind": kinds, "asset.token_id": tokenIDs, "asset.contract": contracts,
		}),
	}
	calls["Hub.Quote"] = call{
		request: func(w *world) proto.Message {
			return &pb.HubQuoteRequest{Payee: w.seeder.Address().String(), Asset: trx(), Unit: "10"}
		},
		fields: map[string][]bad{
			"payee": addresses(true), "asset": malformed(nil, &pb.Asset{}), "asset.kind": kinds, "asset.token_id": tokenIDs, "asset.contract": contracts, "unit": amounts(false),
		},
	}
	calls["Hub.OpenSession"] = call{
		request: func(w *world) proto.Message {
			chain, tail := w.tail(8, 10)
			anchor, v := chain.Anchor(), w.voucher(50, tail)
			return &pb.OpenSessionRequest{
				IdempotencyKey: key("session"), Channel: id(w.in), Payee: w.seeder.Address().String(), Unit: "10", Anchor: anchor[:], Voucher: message.FromVoucher(v),
			}
		},
		fields: map[string][]bad{
			"idempotency_key": malformed(string(huge)), "channel": malformed([]byte{}, make([]byte, 31), make([]byte, 33), huge), "payee": addresses(true), "unit": amounts(false),
			"anchor": malformed([]byte{}, make([]byte, 31), huge), "voucher": malformed(nil, &pb.Voucher{}), "voucher.cumulative": amounts(false),
			"voucher.tails": malformed(make([]*pb.Tail, 1), make([]*pb.Tail, 17)), "voucher.tails.anchor": malformed([]byte{}, make([]byte, 31), huge),
			"voucher.tails.unit": amounts(false), "voucher.tails.length": malformed(uint32(0), uint32(1025), uint32(math.MaxUint32)),
			"voucher.tails.expiry": malformed(int64(-1), int64(math.MinInt64)), "voucher.signature": signatures,
		},
	}
	calls["Hub.Redeem"] = call{
		request: func(w *world) proto.Message { return &pb.RedeemRequest{Channel: id(w.out)} },
		fields: map[string][]bad{
			"channel": channels, "reveals": malformed(make([]*pb.Reveal, 1), make([]*pb.Reveal, 17)), "reveals.tail": malformed([]byte{}, make([]byte, 31), huge),
			"reveals.count": malformed(uint32(0), uint32(math.MaxUint32)), "reveals.preimage": malformed([]byte{}, make([]byte, 31), huge),
			"held": malformed(&pb.Voucher{}), "held.cumulative": amounts(false), "held.tails": malformed(make([]*pb.Tail, 1), make([]*pb.Tail, 17)),
			"held.tails.anchor": malformed([]byte{}, huge), "held.tails.unit": amounts(false), "held.tails.length": malformed(uint32(0), uint32(1025)),
			"held.tails.expiry": malformed(int64(-1), int64(math.MinInt64)), "held.signature": malformed([]byte{}, make([]byte, 64), huge),
		},
	}
	calls["Hub.Sessions"] = call{
		stranger: true,
		request: func(w *world) proto.Message {
			return &pb.SessionsRequest{Proof: w.proof("Sessions"), Channel: id(w.out)}
		},
		fields: under("proof", proofFields, map[string][]bad{
			"proof": malformed(nil), "channel": malformed([]byte{}, make([]byte, 31), huge), "page_size": pages,
		}),
	}
	calls["Hub.Statement"] = call{
		stranger: true,
		request:  func(w *world) proto.Message { return &pb.StatementRequest{Proof: w.proof("Statement"), Asset: trx()} },
		fields: under("proof", proofFields, map[string][]bad{
			"proof": malformed(nil), "asset": malformed(nil, &pb.Asset{}), "asset.kind": kinds, "asset.token_id": tokenIDs, "asset.contract": contracts,
			"account": {{"owed:x", "NOT_YOURS"}, {string(huge), "NOT_YOURS"}}, "after": malformed(int64(-1), int64(math.MinInt64)), "page_size": pages,
		}),
	}
}

var proofFields = map[string][]bad{
	"account": addresses(true), "time": {{int64(0), "NOT_YOURS"}, {int64(math.MaxInt64), "NOT_YOURS"}, {int64(math.MinInt64), "NOT_YOURS"}},
	"hub":       {{"", "NOT_YOURS"}, {wallettest.Numbered(7).Address().String(), "NOT_YOURS"}, {string(huge), "NOT_YOURS"}},
	"signature": append(malformed([]byte{}, make([]byte, 64), make([]byte, 66), huge), bad{make([]byte, 65), "NOT_YOURS"}),
}

// proof is the seeder's.
func (w *world) proof(call string) *pb.Proof {
	return message.NewProof(w.seeder, w.domain.Separator(), w.hub.Address(), call, time.Now())
}
