package chain

import (
	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

const noContract = "Invalid transaction: no valid contract"

// SignWeight answers getsignweight: how far the signatures of a transaction reach.
func (n *Node) SignWeight(tx *tronpb.Transaction) *tronpb.TransactionSignWeight {
	m := &tronpb.TransactionSignWeight{Transaction: extended(tx), Result: &tronpb.TransactionSignWeight_Result{}}
	if len(tx.GetRawData().GetContract()) == 0 {
		m.Result.Code, m.Result.Message = tronpb.TransactionSignWeight_Result_OTHER_ERROR, noContract
		return m
	}
	var err *actuator.Error
	n.read(Head, func(s *state.State) { err = weighInto(s, tx, m) })
	switch {
	case err != nil:
		m.Result.Code, m.Result.Message = tronpb.TransactionSignWeight_ResultResponseCode(weightCode(err)), err.Text
	case m.GetCurrentWeight() < m.GetPermission().GetThreshold():
		m.Result.Code = tronpb.TransactionSignWeight_Result_NOT_ENOUGH_PERMISSION
	}
	return m
}

func extended(tx *tronpb.Transaction) *tronpb.TransactionExtention {
	id := TxID(tx)
	return &tronpb.TransactionExtention{Transaction: tx, Txid: id[:], Result: &tronpb.Return{Result: true}}
}

func weighInto(s *state.State, tx *tronpb.Transaction, m *tronpb.TransactionSignWeight) *actuator.Error {
	c := tx.GetRawData().GetContract()[0]
	account := find(s, actuator.Owner(c))
	refuse := func(text string) *actuator.Error { return actuator.Errorf(actuator.Permission, "%s", text) }
	if account == nil {
		return refuse("Account does not exist!")
	}
	permission := account.Permission(c.GetPermissionId())
	if permission == nil {
		return refuse("Permission for this, does not exist!")
	}
	if c.GetPermissionId() != 0 {
		switch {
		case permission.GetType() != tronpb.Permission_Active:
			return refuse("Permission type is wrong!")
		case len(permission.GetOperations()) != 32:
			return refuse("operations size must be 32")
		case !allowed(permission, c.GetType()):
			return refuse("Permission denied!")
		}
	}
	m.Permission = permission
	weight, signers, err := weigh(permission, tx.GetSignature(), TxID(tx))
	if err != nil {
		return err
	}
	m.CurrentWeight, m.ApprovedList = weight, signers
	return nil
}

// weightCode is the number of the answer, the same in both messages.
func weightCode(err *actuator.Error) int32 {
	switch err.Kind {
	case actuator.Signature:
		return int32(tronpb.TransactionSignWeight_Result_SIGNATURE_FORMAT_ERROR)
	case actuator.Argument:
		return int32(tronpb.TransactionSignWeight_Result_COMPUTE_ADDRESS_ERROR)
	case actuator.Permission:
		return int32(tronpb.TransactionSignWeight_Result_PERMISSION_ERROR)
	}
	return int32(tronpb.TransactionSignWeight_Result_OTHER_ERROR)
}

// ApprovedList answers getapprovedlist: who has signed, whether or not they may.
func (n *Node) ApprovedList(tx *tronpb.Transaction) *tronpb.TransactionApprovedList {
	m := &tronpb.TransactionApprovedList{Transaction: extended(tx), Result: &tronpb.TransactionApprovedList_Result{}}
	if len(tx.GetRawData().GetContract()) == 0 {
		m.Result.Code, m.Result.Message = tronpb.TransactionApprovedList_Result_OTHER_ERROR, noContract
		return m
	}
	if n.Account(Head, actuator.Owner(tx.GetRawData().GetContract()[0])) == nil {
		m.Result.Code = tronpb.TransactionApprovedList_Result_OTHER_ERROR
		m.Result.Message = "class org.tron.core.exception.PermissionException : Account does not exist!"
		return m
	}
	for _, sig := range tx.GetSignature() {
		signer, err := approvedBy(sig, TxID(tx))
		if err != nil {
			m.ApprovedList = nil
			m.Result.Code, m.Result.Message = approvedCode(err), err.Text
			return m
		}
		m.ApprovedList = append(m.ApprovedList, signer[:])
	}
	return m
}

func approvedBy(sig []byte, id [32]byte) (wallet.Address, *actuator.Error) {
	if len(sig) < signatureLength {
		return wallet.Address{}, actuator.Errorf(actuator.Signature, "Signature size is %d", len(sig))
	}
	return signerOf(sig, id)
}

func approvedCode(err *actuator.Error) tronpb.TransactionApprovedList_ResultResponseCode {
	if err.Kind == actuator.Signature {
		return tronpb.TransactionApprovedList_Result_SIGNATURE_FORMAT_ERROR
	}
	return tronpb.TransactionApprovedList_Result_COMPUTE_ADDRESS_ERROR
}
