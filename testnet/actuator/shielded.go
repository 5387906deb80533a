package actuator

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/wallet/tronpb"
)

// Shielded is the type of contracts that move shielded TRX. They are refused as on mainnet, where they were never on: there is no prover here.
const Shielded = tronpb.Transaction_Contract_ShieldedTransferContract

const shieldedOff = "Not support Shielded Transaction, need to be opened by the committee"

// shieldedOwner is the account that a shielded contract takes TRX from, if one is to be seen.
func shieldedOwner(c *tronpb.Transaction_Contract) []byte {
	var m tronpb.ShieldedTransferContract
	if messageName(c) != string(m.ProtoReflect().Descriptor().FullName()) || proto.Unmarshal(c.GetParameter().GetValue(), &m) != nil {
		return nil
	}
	return m.GetTransparentFromAddress()
}
