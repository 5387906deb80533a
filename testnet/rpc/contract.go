package rpc

import (
	"encoding/hex"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/rpc/javajson"
)

func hexText(b []byte) string { return hex.EncodeToString(b) }

func getContract(r *request, address []byte, visible bool) (string, error) {
	return reparsed(r.node.chain.Contract(r.view, address), visible), nil
}

func getContractInfo(r *request, address []byte, visible bool) (string, error) {
	return reparsed(r.node.chain.ContractInfo(r.view, address), visible), nil
}

// reparsed prints a message by way of fastjson, which loses the order of its fields.
func reparsed(m proto.Message, visible bool) string {
	if isNil(m) {
		return missing
	}
	return javajson.ObjectOf(m, visible).String()
}

// contractServlet is getcontract and getcontractinfo: their GET goes through JsonFormat too.
func contractServlet(reply func(r *request, address []byte, visible bool) (string, error)) servlet {
	s := byAddressValue(reply)
	s.get = func(r *request) (string, error) {
		visible := r.visibleParam()
		value, ok := r.param("value")
		if visible && ok {
			raw, err := addressBytes(value, ok, true)
			if err != nil {
				return "", err
			}
			value = hexText(raw)
		}
		if !ok {
			return reply(r, nil, visible)
		}
		address, err := mergedBytes("value", value, visible)
		if err != nil {
			return "", err
		}
		return reply(r, address, visible)
	}
	return s
}
