package rpc

import (
	"encoding/hex"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/javaproto"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

func getTransactionByID(r *request, id []byte, visible bool) (string, error) {
	t := r.node.chain.Transaction(r.view, id)
	if t == nil {
		return missing, nil
	}
	return txObject(t, visible).String(), nil
}

func getTransactionInfoByID(r *request, id []byte, visible bool) (string, error) {
	return show(shownInfo(r.node.chain.TransactionInfo(r.view, id), visible), visible), nil
}

// shownInfo gives the addresses of logs their prefix when they are going to be base58 (Util.convertLogAddressToTronAddress).
func shownInfo(info *tronpb.TransactionInfo, visible bool) *tronpb.TransactionInfo {
	if info == nil || !visible || len(info.GetLog()) == 0 {
		return info
	}
	info = proto.CloneOf(info)
	for _, log := range info.GetLog() {
		if a := log.GetAddress(); len(a) > 0 && len(a) <= 20 {
			long := wallet.AddressFromEVM([20]byte(append(make([]byte, 20-len(a)), a...)))
			log.Address = long[:]
		}
	}
	return info
}

func getTransactionInfoByBlockNum(r *request, number int64, visible bool) (string, error) {
	if number <= 0 {
		return missing, nil
	}
	list := javajson.Array{}
	for _, info := range r.node.infos(r.view, number) {
		list = append(list, javajson.ObjectOf(shownInfo(info, visible), visible))
	}
	return list.String(), nil
}

// infos is what came of the transactions of a block.
func (s *Server) infos(v chain.View, number int64) []*tronpb.TransactionInfo {
	b := s.chain.BlockByNumber(v, number)
	if b == nil || number == 0 {
		return nil
	}
	return b.Infos
}

func getTransactionReceiptByID(r *request, id []byte, visible bool) (string, error) {
	info := r.node.chain.TransactionInfo(r.view, id)
	if info == nil {
		return missing, nil
	}
	return javajson.NewObject().Put("Receipt", javajson.ObjectOf(info, visible).Get("receipt")).String(), nil
}

func getTransactionCountByBlockNum(r *request, number int64, _ bool) (string, error) {
	count := 0
	if b := r.node.chain.BlockByNumber(r.view, number); b != nil {
		count = len(b.IDs)
	}
	return `{"count": ` + strconv.Itoa(count) + "}", nil
}

// transactionFromPending looks among those that wait; an id of a wrong length is an IllegalArgumentException.
func transactionFromPending(r *request, id []byte, visible bool) (string, error) {
	if len(id) != 32 {
		return "", javajson.Throw(javajson.IllegalArgument, "null")
	}
	t := r.node.chain.PendingTransaction(id)
	if t == nil {
		return missing, nil
	}
	return txObject(t, visible).String(), nil
}

func transactionListFromPending(r *request, visible bool) (string, error) {
	return javajson.ObjectOf(&tronpb.TransactionIdList{TxId: r.node.pendingIDs()}, visible).String(), nil
}

func (s *Server) pendingIDs() []string {
	var ids []string
	for _, id := range s.chain.Pending() {
		ids = append(ids, hex.EncodeToString(id[:]))
	}
	return ids
}

var transactionListFromPendingServlet = servlet{
	get: func(r *request) (string, error) { return transactionListFromPending(r, r.visibleParam()) },
	post: func(r *request) (string, error) {
		_, visible, err := r.posted()
		if err != nil {
			return "", err
		}
		return transactionListFromPending(r, visible)
	},
}

func getPendingSize(r *request) (string, error) {
	return `{"pendingSize": ` + strconv.Itoa(len(r.node.chain.Pending())) + "}", nil
}

func broadcastTransaction(r *request) (string, error) {
	text, visible, err := r.posted()
	if err != nil {
		return "", err
	}
	t, err := packed(text, visible)
	if err != nil {
		return "", err
	}
	if t == nil {
		return "", javajson.Null()
	}
	id := txID(t)
	result, internal := r.node.broadcast(t)
	o := javajson.ObjectOf(result, visible)
	o.Put("txid", hex.EncodeToString(id[:]))
	if len(internal) > 0 {
		o.Put("internal_transactions", internal)
	}
	return o.String(), nil
}

func broadcastHex(r *request) (string, error) {
	text, err := r.text()
	if err != nil {
		return "", err
	}
	o, err := object(text)
	if err != nil {
		return "", err
	}
	raw, err := javajson.HexBytes(o.Text("transaction"))
	if err != nil {
		return "", err
	}
	t := &tronpb.Transaction{}
	if err := proto.Unmarshal(raw, t); err != nil {
		return "", badProtocol(javaproto.Problem(raw, t.ProtoReflect().Descriptor()))
	}
	id := txID(t)
	result, _ := r.node.broadcast(t)
	return javajson.NewObject().
		Put("result", result.GetResult()).
		Put("code", result.GetCode().String()).
		Put("message", string(result.GetMessage())).
		Put("transaction", javajson.Print(t, true)).
		Put("txid", hex.EncodeToString(id[:])).String(), nil
}

// packedPost is a POST answer about a transaction in JSON.
func packedPost(reply func(r *request, t *tronpb.Transaction, visible bool) (string, error)) answer {
	return func(r *request) (string, error) {
		text, visible, err := r.posted()
		if err != nil {
			return "", err
		}
		t, err := packed(text, visible)
		if err == nil && t == nil {
			err = javajson.Null()
		}
		if err != nil {
			return "", err
		}
		return reply(r, t, visible)
	}
}

func getSignWeight(r *request, t *tronpb.Transaction, visible bool) (string, error) {
	return signedText(r.node.signWeight(t), t, visible), nil
}

func getApprovedList(r *request, t *tronpb.Transaction, visible bool) (string, error) {
	return signedText(r.node.approvedList(t), t, visible), nil
}

// signedText is Util.printTransactionSignWeight: the transaction inside is printed as elsewhere.
func signedText(m proto.Message, t *tronpb.Transaction, visible bool) string {
	o := javajson.ObjectOf(m, visible)
	if inner, ok := o.Get("transaction").(*javajson.Object); ok {
		inner.Put("transaction", txObject(t, visible))
	}
	return o.String()
}

// badProtocol is thrown for bytes that are no message.
func badProtocol(text string) error {
	if text == javaproto.WireType {
		return javajson.Throw(javajson.InvalidProtocol+"$InvalidWireTypeException", text)
	}
	return javajson.Throw(javajson.InvalidProtocol, text)
}
