package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/api"
	"github.com/piecework/piecework/channel/api/message"
	pb "github.com/piecework/piecework/channel/channelpb"
	"github.com/piecework/piecework/channel/store"
)

// bad is a value that a field must not have, and the reason that is answered. A nil value is the absent field.
type bad struct {
	value  any
	reason string
}

// call is a row: a request that is accepted, and for every field of it what is not.
type call struct {
	request func(*world) proto.Message
	fields  map[string][]bad
	// stranger calls without a token: where the operator's opens what others prove.
	stranger bool
}

// calls is the table of all calls. TestTableIsWhole keeps it whole.
var calls = map[string]call{
	"Channels.Quote": {request: empty[pb.ChannelsQuoteRequest]},
	"Channels.PrepareOpen": {
		request: func(w *world) proto.Message {
			return &pb.PrepareOpenRequest{Payer: w.payer.Address().String(), Asset: trx(), Deposit: "100", ChallengeSeconds: 86400}
		},
		fields: map[string][]bad{
			"payer": addresses(true), "signer": addresses(false), "asset": {{nil, "MALFORMED"}}, "asset.kind": kinds, "asset.token_id": tokenIDs, "asset.contract": contracts,
			"deposit": amounts(true), "challenge_seconds": malformed(int64(-1), int64(1), int64(599), int64(90*86400+1), int64(math.MaxInt64), int64(math.MinInt64)),
		},
	},
	"Channels.PrepareDeposit": {
		request: func(w *world) proto.Message {
			return &pb.PrepareDepositRequest{Channel: id(w.in), Owner: w.payer.Address().String(), Amount: "5"}
		},
		fields: map[string][]bad{"channel": channels, "owner": addresses(true), "amount": amounts(true)},
	},
	"Channels.PrepareClose": {
		request: func(w *world) proto.Message {
			signature := w.payer.Sign(channel.CloseDigest(w.domain.Separator(), w.spare.ID(), channel.Amount{}))
			return &pb.PrepareCloseRequest{Channel: id(w.spare), Mode: pb.CloseMode_CLOSE_MODE_AGREED, Cumulative: "0", Signature: signature[:], IdempotencyKey: key("close agreed")}
		},
		fields: map[string][]bad{
			"channel": channels, "mode": malformed(protoreflect.EnumNumber(0), protoreflect.EnumNumber(4), protoreflect.EnumNumber(1), protoreflect.EnumNumber(-1)),
			"cumulative": append(amounts(false), bad{"1", "BAD_SIGNATURE"}), "signature": signatures, "idempotency_key": keys,
		},
	},
	"Channels.Broadcast": {
		request: func(*world) proto.Message {
			return &pb.BroadcastRequest{RawData: []byte{1, 2}, Signature: make([]byte, 65), IdempotencyKey: key("broadcast")}
		},
		fields: map[string][]bad{
			"raw_data": malformed([]byte{}, make([]byte, 4097), huge), "signature": malformed([]byte{}, make([]byte, 64), make([]byte, 66), huge), "idempotency_key": keys,
		},
	},
	"Channels.WatchOperation": {
		request: func(*world) proto.Message { return &pb.WatchOperationRequest{Id: make([]byte, 32)} },
		fields:  map[string][]bad{"id": ids, "expire_time": malformed(badTime, &timestamppb.Timestamp{Seconds: math.MaxInt64})},
	},
	"Channels.Get": {
		request: func(w *world) proto.Message { return &pb.ChannelsGetRequest{Id: id(w.in)} }, fields: map[string][]bad{"id": channels},
	},
	"Channels.List": {
		request: func(w *world) proto.Message {
			return &pb.ChannelsListRequest{Payer: w.payer.Address().String(), Live: true}
		},
		fields: map[string][]bad{
			"payer": addresses(false), "payee": addresses(false), "live": nil, "page_size": pages, "page_token": malformed("x", "00", strings.Repeat("0", 66), string(huge)),
			"asset": malformed(&pb.Asset{}), "asset.kind": kinds, "asset.token_id": tokenIDs, "asset.contract": contracts,
		},
	},
	"Channels.Watch": {
		request: func(w *world) proto.Message { return &pb.ChannelsWatchRequest{Id: id(w.in)} }, fields: map[string][]bad{"id": channels},
	},
	"Payments.Pay": {
		request: func(w *world) proto.Message {
			return &pb.PayRequest{Channel: id(w.in), Payments: []*pb.Payment{w.voucherPayment(3)}}
		},
		fields: under("payments", paymentFields, map[string][]bad{
			"channel": channels, "payments": {{nil, "MALFORMED"}, {make([]*pb.Payment, 65), "MALFORMED"}, {make([]*pb.Payment, 1), "MALFORMED"}},
		}),
	},
	"Payments.Submit": {
		request: func(w *world) proto.Message {
			return &pb.SubmitRequest{Channel: id(w.in), Payment: w.voucherPayment(4)}
		},
		fields: under("payment", paymentFields, map[string][]bad{"channel": channels, "payment": {{nil, "MALFORMED"}}}),
	},
	"Payments.Sync": {
		request: func(w *world) proto.Message { return &pb.SyncRequest{Channel: id(w.in)} }, fields: map[string][]bad{"channel": channels},
	},
	"Settlements.Plan": {request: empty[pb.PlanRequest]},
	"Settlements.Settle": {
		request: func(w *world) proto.Message {
			return &pb.SettleRequest{Channels: [][]byte{id(w.in)}, IdempotencyKey: key("settle")}
		},
		fields: map[string][]bad{"channels": lists, "idempotency_key": keys},
	},
	"Settlements.Close": {
		request: func(w *world) proto.Message { return &pb.CloseRequest{Channel: id(w.in), IdempotencyKey: key("close")} },
		fields:  map[string][]bad{"channel": channels, "idempotency_key": keys},
	},
	"Settlements.Get": {
		request: func(*world) proto.Message { return &pb.SettlementsGetRequest{Id: sent()} },
		fields:  map[string][]bad{"id": append(ids, bad{make([]byte, 32), "UNKNOWN_SETTLEMENT"})},
	},
	"Settlements.List": {
		request: empty[pb.SettlementsListRequest],
		fields:  map[string][]bad{"page_size": pages, "page_token": malformed("x", "00", strings.Repeat("0", 82), string(huge))},
	},
	"Settlements.Watch": {
		request: func(*world) proto.Message { return &pb.SettlementsWatchRequest{Id: sent()} },
		fields:  map[string][]bad{"id": append(ids, bad{make([]byte, 32), "UNKNOWN_SETTLEMENT"})},
	},
	"Settlements.ExportClaimKit": {
		request: func(w *world) proto.Message { return &pb.ExportClaimKitRequest{Channels: [][]byte{id(w.in)}} }, fields: map[string][]bad{"channels": lists},
	},
	"Events.Subscribe": {
		request: func(*world) proto.Message { return &pb.SubscribeRequest{FromSequence: 1} },
		fields: map[string][]bad{
			"from_sequence": malformed(int64(-1), int64(1<<40), int64(math.MaxInt64), int64(math.MinInt64)), "heartbeat_seconds": malformed(int32(-1), int32(301), int32(math.MaxInt32)),
		},
	},
	"Admin.Health": {request: empty[pb.HealthRequest]},
	"Admin.Policy": {request: empty[pb.PolicyRequest]},
	"Admin.CreateToken": {
		request: func(*world) proto.Message {
			return &pb.CreateTokenRequest{Name: "till 1", Scopes: []string{"read"}, ExpireTime: timestamppb.New(time.Now().Add(time.Hour)), IdempotencyKey: key("create token")}
		},
		fields: map[string][]bad{
			"name": malformed("", strings.Repeat("n", 65), "line\nbreak", string(huge)), "scopes": malformed([]string{}, []string{"root"}, []string{""}, []string{"read", "read"}, make([]string, 9), []string{string(huge)}),
			"expire_time": malformed(badTime, timestamppb.New(time.Unix(1, 0))), "idempotency_key": keys,
		},
	},
	"Admin.ListTokens": {request: empty[pb.ListTokensRequest]},
	"Admin.RevokeToken": {
		request: func(w *world) proto.Message {
			return &pb.RevokeTokenRequest{Id: w.token(), IdempotencyKey: key("revoke")}
		},
		fields: map[string][]bad{"id": {{"", "MALFORMED"}, {string(huge), "MALFORMED"}, {"0123456789ab", "UNKNOWN_TOKEN"}}, "idempotency_key": keys},
	},
	"Admin.Drain": {
		request: func(*world) proto.Message { return &pb.DrainRequest{Resume: true, IdempotencyKey: key("drain")} }, fields: map[string][]bad{"resume": nil, "idempotency_key": keys},
	},
}

// What is bad in many calls.
var (
	huge     = []byte(strings.Repeat("7", 100<<10))
	ids      = malformed([]byte{}, make([]byte, 31), make([]byte, 33), huge)
	channels = append(malformed([]byte{}, make([]byte, 31), make([]byte, 33), huge), bad{make([]byte, 32), "UNKNOWN_CHANNEL"})
	lists    = append(malformed([][]byte{{}}, [][]byte{make([]byte, 31)}, [][]byte{huge}, make([][]byte, 1001)), bad{[][]byte{make([]byte, 32)}, "UNKNOWN_CHANNEL"})
	pages    = malformed(int32(-1), int32(1001), int32(math.MaxInt32), int32(math.MinInt32))
	keys     = malformed("short", strings.Repeat("k", 129), "a key with spaces in it", "key-with-umlaut-ä-in-it", string(huge))
	kinds    = malformed(protoreflect.EnumNumber(0), protoreflect.EnumNumber(2), protoreflect.EnumNumber(3), protoreflect.EnumNumber(9), protoreflect.EnumNumber(-1))
	// A TRX asset names no token and no contract.
	tokenIDs   = malformed(int64(1), int64(-1), int64(math.MaxInt64))
	contracts  = malformed("x", string(huge))
	signatures = append(malformed([]byte{}, make([]byte, 64), make([]byte, 66), huge), bad{make([]byte, 65), "BAD_SIGNATURE"})
	badTime    = &timestamppb.Timestamp{Seconds: 1, Nanos: -5}

	paymentFields = map[string][]bad{
		"voucher": malformed(&pb.Voucher{}), "voucher.cumulative": append(amounts(false), bad{"5", "BAD_SIGNATURE"}, bad{channel.MaxAmount().String(), "OVER_DEPOSIT"}),
		"voucher.tails": malformed(make([]*pb.Tail, 1), make([]*pb.Tail, 17)), "voucher.tails.anchor": malformed([]byte{}, make([]byte, 31), make([]byte, 33), huge),
		"voucher.tails.unit": append(amounts(false), bad{"0", "MALFORMED"}), "voucher.tails.length": malformed(uint32(0), uint32(1025), uint32(math.MaxUint32)),
		"voucher.tails.expiry": malformed(int64(-1), int64(math.MinInt64)), "voucher.signature": signatures,
		"reveal": malformed(&pb.Reveal{}), "reveal.tail": malformed([]byte{}, make([]byte, 31), make([]byte, 33), huge),
		"reveal.count":    {{uint32(0), "UNKNOWN_TAIL"}, {uint32(1025), "UNKNOWN_TAIL"}, {uint32(math.MaxUint32), "UNKNOWN_TAIL"}},
		"reveal.preimage": malformed([]byte{}, make([]byte, 31), make([]byte, 33), huge),
	}
)

func malformed(values ...any) (list []bad) {
	for _, v := range values {
		list = append(list, bad{v, "MALFORMED"})
	}
	return list
}

func addresses(required bool) []bad {
	list := malformed("x", "T", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv9", "0x00", string(huge))
	if required {
		list = append(list, bad{"", "MALFORMED"})
	}
	return list
}

func amounts(positive bool) []bad {
	over := channel.MaxAmount().Add(channel.NewAmount(1)).String()
	list := malformed("", "-1", "1.5", "1e3", "0x10", " 1", "1,000", "x", over, string(huge))
	if positive {
		list = append(list, bad{"0", "MALFORMED"})
	}
	return list
}

func under(prefix string, fields, more map[string][]bad) map[string][]bad {
	for name, list := range fields {
		more[prefix+"."+name] = list
	}
	return more
}

func empty[M any, P interface {
	*M
	proto.Message
}](*world) proto.Message {
	return P(new(M))
}

func id(terms channel.Terms) []byte {
	id := terms.ID()
	return id[:]
}

func trx() *pb.Asset { return &pb.Asset{Kind: pb.Asset_KIND_TRX} }

func sent() []byte { return append([]byte{1}, make([]byte, 31)...) }

func key(what string) string { return strings.ReplaceAll("idempotency key of "+what, " ", "-") }

func (w *world) voucherPayment(cumulative uint64) *pb.Payment {
	v := w.voucher(cumulative)
	return message.FromPayment(channel.Payment{Channel: v.Channel, Voucher: &v})
}

// token makes one.
func (w *world) token() string {
	w.t.Helper()
	answer, err := pb.NewAdminClient(w.conn).CreateToken(as(w.t.Context(), operatorToken), &pb.CreateTokenRequest{Name: "one", Scopes: []string{"read"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.GetToken().GetId()
}

// TestBadFields: every field of every message of the API out of range, missing and huge gives the right code and reason, and changes nothing.
func TestBadFields(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Limits = api.Limits{BadPayments: 1 << 20, Calls: 1 << 20} })
	good := map[string]proto.Message{}
	for name, row := range calls {
		good[name] = row.request(w)
	}
	before := w.picture()
	for name, row := range calls {
		method := methodOf(t, name)
		for field, list := range row.fields {
			for i, b := range list {
				request := proto.Clone(good[name])
				set(t, request.ProtoReflect(), strings.Split(field, "."), b.value)
				err := w.call(method, request, row.stranger)
				if got := reasonOf(err); got != b.reason || status.Code(err) != codeOf[b.reason] {
					t.Errorf("%s with %s bad in way %d: %s %s, want %s %s (%v)", name, field, i, status.Code(err), got, codeOf[b.reason], b.reason, err)
				}
			}
		}
	}
	if after := w.picture(); after != before {
		t.Errorf("refused calls changed something:\n%s\n%s", before, after)
	}
	if n := w.books.sent.Load(); n != 0 {
		t.Errorf("%d refused calls came to the chain", n)
	}
	const last = "Hub.OpenSession" // its voucher is the greatest
	for _, name := range append(slices.DeleteFunc(slices.Sorted(maps.Keys(calls)), func(name string) bool { return name == last }), last) {
		if err := w.call(methodOf(t, name), good[name], calls[name].stranger); err != nil {
			t.Errorf("%s as it should be: %v", name, err)
		}
	}
}

// TestHugeMessages: a message over the limit is refused by every call, before it is read.
func TestHugeMessages(t *testing.T) {
	w := newWorld(t, nil)
	for name := range calls {
		method := methodOf(t, name)
		request := newMessage(t, method.Input())
		request.ProtoReflect().SetUnknown(append([]byte{0xfa, 0xff, 0x03, 0xe0, 0xd4, 0x12}, make([]byte, 300<<10+1)...)[:6+0x4aa60])
		if err := w.call(method, request, false); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("%s with 300 KiB: %v", name, err)
		}
	}
}

// TestTableIsWhole walks the descriptors: a method or a field that is not in the table fails, and so does one in the table that there is not, a field of which nothing is tried
// though something can be wrong with it, and text or bytes of which nothing huge is.
func TestTableIsWhole(t *testing.T) {
	seen := map[string]bool{}
	eachMethod(func(m protoreflect.MethodDescriptor) {
		name := nameOf(m)
		row, listed := calls[name]
		if !listed {
			t.Errorf("%s is not in the table", name)
			return
		}
		seen[name] = true
		fields := map[string]protoreflect.FieldDescriptor{}
		walkFields(m.Input(), "", fields)
		for field, d := range fields {
			tried, listed := row.fields[field]
			if !listed {
				t.Errorf("%s: field %s is not in the table", name, field)
			}
			if listed && len(tried) == 0 && d.Kind() != protoreflect.BoolKind {
				t.Errorf("%s: nothing bad is tried of field %s", name, field)
			}
			if d.Kind() == protoreflect.StringKind || d.Kind() == protoreflect.BytesKind {
				if !slices.ContainsFunc(tried, func(b bad) bool { return len(fmt.Sprint(b.value)) >= minHuge }) {
					t.Errorf("%s: nothing huge is tried of field %s", name, field)
				}
			}
		}
		for field := range row.fields {
			if fields[field] == nil {
				t.Errorf("%s: there is no field %s", name, field)
			}
		}
	})
	for name := range calls {
		if !seen[name] {
			t.Errorf("there is no call %s", name)
		}
	}
}

// minHuge is how much text a huge value prints: of a list, more entries than any list may have count too.
const minHuge = 2_000

func eachMethod(do func(protoreflect.MethodDescriptor)) {
	protoregistry.GlobalFiles.RangeFilesByPackage("piecework.channel.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			for j := range f.Services().Get(i).Methods().Len() {
				do(f.Services().Get(i).Methods().Get(j))
			}
		}
		return true
	})
}

func nameOf(m protoreflect.MethodDescriptor) string {
	return string(m.Parent().Name()) + "." + string(m.Name())
}

func methodOf(t *testing.T, name string) (found protoreflect.MethodDescriptor) {
	t.Helper()
	eachMethod(func(m protoreflect.MethodDescriptor) {
		if nameOf(m) == name {
			found = m
		}
	})
	if found == nil {
		t.Fatalf("no call %s", name)
	}
	return found
}

func walkFields(d protoreflect.MessageDescriptor, prefix string, into map[string]protoreflect.FieldDescriptor) {
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		into[prefix+string(f.Name())] = f
		if f.Message() != nil && f.Message().ParentFile().Package() == "piecework.channel.v1" {
			walkFields(f.Message(), prefix+string(f.Name())+".", into)
		}
	}
}

// set gives a field a value; on the way down it makes what is missing, and takes the first of a list.
func set(t *testing.T, m protoreflect.Message, path []string, value any) {
	t.Helper()
	f := m.Descriptor().Fields().ByName(protoreflect.Name(path[0]))
	if f == nil {
		t.Fatalf("no field %s", path[0])
	}
	if len(path) > 1 {
		var next protoreflect.Message
		if f.IsList() {
			list := m.Mutable(f).List()
			if list.Len() == 0 {
				list.AppendMutable()
				fill(list.Get(0).Message())
			}
			next = list.Get(0).Message()
		} else {
			if !m.Has(f) {
				fill(m.Mutable(f).Message())
			}
			next = m.Mutable(f).Message()
		}
		set(t, next, path[1:], value)
		return
	}
	switch v := value.(type) {
	case nil:
		m.Clear(f)
	case proto.Message:
		m.Set(f, protoreflect.ValueOfMessage(v.ProtoReflect()))
	case [][]byte, []string, []*pb.Payment, []*pb.Tail, []*pb.Reveal:
		m.Clear(f)
		appendAll(m.Mutable(f).List(), v)
	default:
		m.Set(f, protoreflect.ValueOf(value))
	}
}

func appendAll(to protoreflect.List, values any) {
	switch list := values.(type) {
	case [][]byte:
		for _, v := range list {
			to.Append(protoreflect.ValueOfBytes(v))
		}
	case []string:
		for _, v := range list {
			to.Append(protoreflect.ValueOfString(v))
		}
	case []*pb.Payment:
		for range list {
			to.AppendMutable()
		}
	case []*pb.Tail:
		for range list {
			to.AppendMutable()
		}
	case []*pb.Reveal:
		for range list {
			to.AppendMutable()
		}
	}
}

// fill gives a message that a baseline does not have fields that could be read, so that the one under test is what is refused.
func fill(m protoreflect.Message) {
	switch v := m.Interface().(type) {
	case *pb.Tail:
		v.Anchor, v.Unit, v.Length, v.Expiry = make([]byte, 32), "1", 8, time.Now().Add(time.Hour).Unix()
	case *pb.Reveal:
		v.Tail, v.Count, v.Preimage = make([]byte, 32), 1, make([]byte, 32)
	case *pb.Asset:
		v.Kind = pb.Asset_KIND_TRX
	case *pb.Voucher:
		v.Cumulative, v.Signature = "1", make([]byte, 65)
	}
}

// call makes a call of any kind and gives its error; of a stream the first answer decides.
func (w *world) call(m protoreflect.MethodDescriptor, request proto.Message, stranger bool) error {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if !stranger {
		ctx = as(ctx, operatorToken)
	}
	path := fmt.Sprintf("/%s/%s", m.Parent().FullName(), m.Name())
	answer := newMessage(w.t, m.Output())
	if !m.IsStreamingServer() {
		return w.conn.Invoke(ctx, path, request, answer)
	}
	stream, err := w.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: m.IsStreamingClient()}, path)
	if err != nil {
		return err
	}
	if err := errors.Join(stream.SendMsg(request), stream.CloseSend()); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := stream.RecvMsg(answer); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func newMessage(t testing.TB, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return kind.New().Interface()
}

func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, is := detail.(*errdetails.ErrorInfo); is && info.GetDomain() == message.Domain {
			return info.GetReason()
		}
	}
	return ""
}

var codeOf = map[string]codes.Code{
	"MALFORMED": codes.InvalidArgument, "BAD_SIGNATURE": codes.InvalidArgument, "UNKNOWN_CHANNEL": codes.NotFound, "UNKNOWN_SETTLEMENT": codes.NotFound,
	"UNKNOWN_TOKEN": codes.NotFound, "OVER_DEPOSIT": codes.FailedPrecondition, "UNKNOWN_TAIL": codes.FailedPrecondition, "NOT_YOURS": codes.Unauthenticated,
	"UNKNOWN_SEEDER": codes.NotFound, "QUOTE_CHANGED": codes.FailedPrecondition, "CLOSING": codes.FailedPrecondition,
}

// picture is all that the store holds, short.
func (w *world) picture() string {
	w.t.Helper()
	text := ""
	err := w.store.View(context.Background(), func(t *store.Tx) error {
		err := t.Channels(channel.Query{}, func(r channel.Record) error {
			text += fmt.Sprintf("%s %d %s %v %v; ", r.ID.Short(), r.Version, r.Paid(), r.State, r.Frozen)
			return nil
		})
		_, news, err2 := t.NewsBounds()
		tokens, err3 := t.Tokens()
		text += fmt.Sprintf("%d news, %d tokens", news, len(tokens))
		return errors.Join(err, err2, err3)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}
