package rpc

import (
	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// How a builder of java-tron differs from the others.
const (
	noGet  = 1 << iota // it has no doGet: GET is 405
	plain              // it does not know forms
	memoed             // it takes extra_data
)

// builders are the servlets that make a transaction of one contract, by the last part of their path.
var builders = map[string]struct {
	contract tronpb.Transaction_Contract_ContractType
	how      int
}{
	"createtransaction":       {tronpb.Transaction_Contract_TransferContract, plain | memoed},
	"transferasset":           {tronpb.Transaction_Contract_TransferAssetContract, plain | memoed},
	"participateassetissue":   {tronpb.Transaction_Contract_ParticipateAssetIssueContract, plain},
	"createassetissue":        {tronpb.Transaction_Contract_AssetIssueContract, 0},
	"updateasset":             {tronpb.Transaction_Contract_UpdateAssetContract, 0},
	"unfreezeasset":           {tronpb.Transaction_Contract_UnfreezeAssetContract, 0},
	"createaccount":           {tronpb.Transaction_Contract_AccountCreateContract, noGet},
	"updateaccount":           {tronpb.Transaction_Contract_AccountUpdateContract, 0},
	"setaccountid":            {tronpb.Transaction_Contract_SetAccountIdContract, plain},
	"accountpermissionupdate": {tronpb.Transaction_Contract_AccountPermissionUpdateContract, 0},
	"createwitness":           {tronpb.Transaction_Contract_WitnessCreateContract, 0},
	"updatewitness":           {tronpb.Transaction_Contract_WitnessUpdateContract, 0},
	"votewitnessaccount":      {tronpb.Transaction_Contract_VoteWitnessContract, plain},
	"withdrawbalance":         {tronpb.Transaction_Contract_WithdrawBalanceContract, plain},
	"updateBrokerage":         {tronpb.Transaction_Contract_UpdateBrokerageContract, noGet},
	"updatesetting":           {tronpb.Transaction_Contract_UpdateSettingContract, 0},
	"updateenergylimit":       {tronpb.Transaction_Contract_UpdateEnergyLimitContract, 0},
	"clearabi":                {tronpb.Transaction_Contract_ClearABIContract, 0},
	"freezebalance":           {tronpb.Transaction_Contract_FreezeBalanceContract, noGet},
	"unfreezebalance":         {tronpb.Transaction_Contract_UnfreezeBalanceContract, 0},
	"freezebalancev2":         {tronpb.Transaction_Contract_FreezeBalanceV2Contract, noGet},
	"unfreezebalancev2":       {tronpb.Transaction_Contract_UnfreezeBalanceV2Contract, 0},
	"withdrawexpireunfreeze":  {tronpb.Transaction_Contract_WithdrawExpireUnfreezeContract, plain},
	"cancelallunfreezev2":     {tronpb.Transaction_Contract_CancelAllUnfreezeV2Contract, noGet},
	"delegateresource":        {tronpb.Transaction_Contract_DelegateResourceContract, noGet},
	"undelegateresource":      {tronpb.Transaction_Contract_UnDelegateResourceContract, 0},
	"proposalcreate":          {tronpb.Transaction_Contract_ProposalCreateContract, plain},
	"proposalapprove":         {tronpb.Transaction_Contract_ProposalApproveContract, plain},
	"proposaldelete":          {tronpb.Transaction_Contract_ProposalDeleteContract, plain},
	"exchangecreate":          {tronpb.Transaction_Contract_ExchangeCreateContract, noGet},
	"exchangeinject":          {tronpb.Transaction_Contract_ExchangeInjectContract, noGet},
	"exchangewithdraw":        {tronpb.Transaction_Contract_ExchangeWithdrawContract, noGet},
	"exchangetransaction":     {tronpb.Transaction_Contract_ExchangeTransactionContract, noGet},
	"marketsellasset":         {tronpb.Transaction_Contract_MarketSellAssetContract, plain | memoed},
	"marketcancelorder":       {tronpb.Transaction_Contract_MarketCancelOrderContract, memoed},
}

// builder makes the servlet of a contract type.
func builder(contract tronpb.Transaction_Contract_ContractType, how int) servlet {
	v := servlet{get: nothing}
	if how&noGet != 0 {
		v.get = nil
	}
	v.post = func(r *request) (string, error) {
		read := r.posted
		if how&plain != 0 {
			read = r.plain
		}
		text, visible, err := read()
		if err != nil {
			return "", err
		}
		return r.build(text, visible, contract, how&memoed != 0)
	}
	return v
}

func (r *request) build(text string, visible bool, contract tronpb.Transaction_Contract_ContractType, memo bool) (string, error) {
	m := contractMessage(contract)
	if err := javajson.Merge(text, m, visible); err != nil {
		return "", err
	}
	t, err := r.node.create(contract, m)
	if err != nil {
		return "", err
	}
	o, err := object(text)
	if err != nil {
		return "", err
	}
	if t, err = withPermission(t, o); err != nil {
		return "", err
	}
	if memo {
		if t, err = withMemo(t, o, visible); err != nil {
			return "", err
		}
	}
	return createdText(t, visible), nil
}

// withPermission is Util.setTransactionPermissionId.
func withPermission(t *tronpb.Transaction, o *javajson.Object) (*tronpb.Transaction, error) {
	if !o.Has("Permission_id") {
		return t, nil
	}
	id, err := o.Int("Permission_id")
	if err != nil {
		return nil, err
	}
	if id <= 0 {
		return t, nil
	}
	t = proto.CloneOf(t)
	t.GetRawData().GetContract()[0].PermissionId = id
	return t, nil
}

// withMemo is Util.setTransactionExtraData.
func withMemo(t *tronpb.Transaction, o *javajson.Object, visible bool) (*tronpb.Transaction, error) {
	if !o.Has("extra_data") {
		return t, nil
	}
	data, ok := o.Text("extra_data")
	if !ok {
		return nil, javajson.Null()
	}
	if data == "" {
		return t, nil
	}
	memo := []byte(data)
	if !visible {
		var err error
		if memo, err = javajson.HexBytes(data, true); err != nil {
			return nil, err
		}
	}
	t = proto.CloneOf(t)
	t.GetRawData().Data = memo
	return t, nil
}

// unrecognized is what Java's protobuf adds to each enum; it has no message.
const unrecognized = "UNRECOGNIZED"

// createCommonTransaction builds whatever contractType names.
func createCommonTransaction(r *request) (string, error) {
	text, visible, err := r.posted()
	if err != nil {
		return "", err
	}
	o, err := object(text)
	if err != nil {
		return "", err
	}
	name, ok := o.Text("contractType")
	if !ok {
		return "", javajson.Throw(javajson.NullPointer, "Name is null")
	}
	number, ok := tronpb.Transaction_Contract_ContractType_value[name]
	if name == unrecognized {
		number, ok = -1, true
	}
	if !ok {
		return "", javajson.Throw(javajson.IllegalArgument,
			"No enum constant org.tron.protos.Protocol.Transaction.Contract.ContractType."+name)
	}
	contract := tronpb.Transaction_Contract_ContractType(number)
	if contractMessage(contract) == nil {
		return "", javajson.Throw("org.tron.core.exception.ContractValidateException", "don't have this type: "+name)
	}
	return r.build(text, visible, contract, false)
}

// deployContract reads most of its fields with fastjson, the ABI with JsonFormat.
func deployContract(r *request) (string, error) {
	text, visible, err := r.posted()
	if err != nil {
		return "", err
	}
	o, err := object(text)
	if err != nil {
		return "", err
	}
	contract, err := deployMessage(o, visible)
	if err != nil {
		return "", err
	}
	feeLimit, err := o.Long("fee_limit")
	if err != nil {
		return "", err
	}
	t, err := r.node.create(tronpb.Transaction_Contract_CreateSmartContract, contract)
	if err != nil {
		return "", err
	}
	t.GetRawData().FeeLimit = feeLimit
	if t, err = withPermission(t, o); err != nil {
		return "", err
	}
	return createdText(t, visible), nil
}

func deployMessage(o *javajson.Object, visible bool) (*tronpb.CreateSmartContract, error) {
	value, ok := o.Text("owner_address")
	owner, err := addressBytes(value, ok, visible)
	if err != nil {
		return nil, err
	}
	contract := &tronpb.SmartContract{Abi: &tronpb.SmartContract_ABI{}, OriginAddress: owner}
	m := &tronpb.CreateSmartContract{OwnerAddress: owner, NewContract: contract}
	if err := readLongs(o, longField{"call_token_value", &m.CallTokenValue}, longField{"token_id", &m.TokenId}); err != nil {
		return nil, err
	}
	if o.Has("abi") {
		abi, ok := o.Text("abi")
		if !ok {
			abi = "null"
		}
		if err := javajson.Merge(`{"entrys":`+abi+"}", contract.GetAbi(), visible); err != nil {
			return nil, err
		}
	}
	if err := readLongs(
		o, longField{"call_value", &contract.CallValue},
		longField{"consume_user_resource_percent", &contract.ConsumeUserResourcePercent},
		longField{"origin_energy_limit", &contract.OriginEnergyLimit},
	); err != nil {
		return nil, err
	}
	code, ok := o.Text("bytecode")
	if o.Has("parameter") {
		parameter, set := o.Text("parameter")
		if !ok { // Java's null + text
			code, ok = "null", true
		}
		if !set {
			parameter = "null"
		}
		code += parameter
	}
	if contract.Bytecode, err = javajson.HexBytes(code, ok); err != nil {
		return nil, err
	}
	if name, ok := o.Text("name"); ok {
		contract.Name = name
	}
	return m, nil
}

// longField is a number that fastjson reads, and where it goes.
type longField struct {
	key  string
	into *int64
}

// readLongs reads numbers in java-tron's order, which decides whose error is told.
func readLongs(o *javajson.Object, fields ...longField) error {
	for _, f := range fields {
		n, err := o.Long(f.key)
		if err != nil {
			return err
		}
		*f.into = n
	}
	return nil
}
