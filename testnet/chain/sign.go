package chain

import (
	"encoding/hex"
	"slices"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const signatureLength = 65

// checkSignatures is the signature check of a transaction, in java-tron's words.
func (n *Node) checkSignatures(tx *tronpb.Transaction, id [32]byte) error {
	fail := func(text string) error { return actuator.Errorf(actuator.Signature, "%s", text) }
	contracts := tx.GetRawData().GetContract()
	if n.impersonated(contracts) {
		return nil
	}
	if len(contracts) > 0 && contracts[0].GetType() == actuator.Shielded && len(actuator.Owner(contracts[0])) == 0 {
		if len(tx.GetSignature()) > 0 {
			return fail("there should be no signatures signed by transparent address when transfer from shielded address")
		}
		return nil
	}
	if len(tx.GetSignature()) == 0 || len(contracts) == 0 {
		return fail("miss sig or contract")
	}
	if int64(len(tx.GetSignature())) > n.s.Param(state.TotalSignNum) {
		return fail("too many signatures")
	}
	permission, err := permissionOf(n.s, contracts[0])
	if err != nil {
		return fail(err.Text)
	}
	weight, _, err := weigh(permission, tx.GetSignature(), id)
	if err != nil {
		return fail(err.Text)
	}
	if weight < permission.GetThreshold() {
		return fail("sig error")
	}
	return nil
}

// impersonated says whether the owner of a transaction needs no signature: a cheat.
func (n *Node) impersonated(contracts []*tronpb.Transaction_Contract) bool {
	if n.cfg.Impersonate {
		return true
	}
	if len(n.free) == 0 || len(contracts) == 0 {
		return false
	}
	owner, err := wallet.AddressFromBytes(actuator.Owner(contracts[0]))
	_, free := n.free[owner]
	return err == nil && free
}

// permissionOf finds the permission that a contract names and checks that it may be used for it.
func permissionOf(s *state.State, c *tronpb.Transaction_Contract) (*tronpb.Permission, *actuator.Error) {
	id := c.GetPermissionId()
	owner := actuator.Owner(c)
	permission := namedPermission(s, owner, id)
	if permission == nil {
		return nil, actuator.Errorf(actuator.Permission, "permission isn't exit")
	}
	if id != 0 {
		if permission.GetType() != tronpb.Permission_Active {
			return nil, actuator.Errorf(actuator.Permission, "Permission type is error")
		}
		if !allowed(permission, c.GetType()) {
			return nil, actuator.Errorf(actuator.Permission, "Permission denied")
		}
	}
	return permission, nil
}

// namedPermission is a permission by id; an account that does not exist has the default ones.
func namedPermission(s *state.State, owner []byte, id int32) *tronpb.Permission {
	a, err := wallet.AddressFromBytes(owner)
	if err == nil {
		if account := s.Account(a); account != nil {
			return account.Permission(id)
		}
	}
	keys := []*tronpb.Key{{Address: owner, Weight: 1}}
	switch id {
	case 0:
		return &tronpb.Permission{PermissionName: "owner", Threshold: 1, Keys: keys}
	case 2:
		return &tronpb.Permission{
			Type: tronpb.Permission_Active, Id: 2, PermissionName: "active", Threshold: 1, Keys: keys, Operations: []byte(s.Text(state.DefaultOperations)),
		}
	}
	return nil
}

func allowed(p *tronpb.Permission, t actuator.ContractType) bool {
	operations := p.GetOperations()
	return len(operations) == 32 && int(t)/8 < len(operations) && operations[t/8]&(1<<(t%8)) != 0
}

// weigh adds up the weights of the signers and lists them. Kinds of errors: Signature for a malformed one, Argument for one that
// gives no key, Permission for a signer who does not belong or signs twice.
func weigh(p *tronpb.Permission, signatures [][]byte, id [32]byte) (weight int64, signers [][]byte, err *actuator.Error) {
	if len(signatures) > len(p.GetKeys()) {
		return 0, nil, actuator.Errorf(actuator.Permission, "Signature count is %d more than key counts of permission : %d", len(signatures), len(p.GetKeys()))
	}
	for _, sig := range signatures {
		if len(sig) < signatureLength {
			return 0, nil, actuator.Errorf(actuator.Signature, "Signature size is %d", len(sig))
		}
		signer, err := signerOf(sig, id)
		if err != nil {
			return 0, nil, err
		}
		key := slices.IndexFunc(p.GetKeys(), func(k *tronpb.Key) bool { return string(k.GetAddress()) == string(signer[:]) })
		if key < 0 {
			return 0, nil, actuator.Errorf(actuator.Permission, "%s is signed by %s but it is not contained of permission.", hex.EncodeToString(sig), signer)
		}
		if slices.ContainsFunc(signers, func(b []byte) bool { return string(b) == string(signer[:]) }) {
			return 0, nil, actuator.Errorf(actuator.Permission, "%s has signed twice!", signer)
		}
		signers = append(signers, signer[:])
		weight += p.GetKeys()[key].GetWeight()
	}
	return weight, signers, nil
}

// signerOf recovers who signed. Java's header byte is signed: values from 128 on are negative.
func signerOf(sig []byte, id [32]byte) (wallet.Address, *actuator.Error) {
	header := int(int8(sig[64]))
	if header < 27 {
		header += 27
	}
	if header < 27 || header > 34 {
		return wallet.Address{}, actuator.Errorf(actuator.Argument, "java.security.SignatureException: Header byte out of range: %d", header)
	}
	if header >= 31 {
		header -= 4
	}
	compact := make([]byte, signatureLength)
	copy(compact, sig[:64])
	compact[64] = byte(header - 27)
	public, err := crypto.Ecrecover(id[:], compact)
	if err != nil {
		if public, err = recoverOdd(compact, id); err != nil {
			return wallet.Address{}, actuator.Errorf(actuator.Argument, "%s", err)
		}
	}
	sum := wallet.Keccak256(public[1:])
	return wallet.AddressFromEVM([20]byte(sum[12:])), nil
}
