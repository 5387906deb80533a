package tx

import "github.com/piecework/piecework/wallet"

// CreateSmartContract deploys a contract (CreateSmartContract). Its address depends on the transaction id: Transaction.ContractAddress.
type CreateSmartContract struct {
	Owner          wallet.Address // deployer; New.Origin must be the same
	New            *SmartContract
	CallTokenValue wallet.Units // TRC-10 sent to the constructor, smallest units, at most 2^63−1
	TokenID        int64        // which TRC-10
}

// SmartContract is what is deployed.
type SmartContract struct {
	Origin              wallet.Address
	Address             wallet.Address // written by the chain
	ABI                 *ABI           // explorers and wallets read it here; nil leaves it out, which the chain takes as well
	Bytecode            []byte         // init code with the constructor's arguments behind it
	CallValue           wallet.Sun     // TRX sent to the constructor
	CallerEnergyPercent int64          // consume_user_resource_percent: the caller's share of the energy, 0–100
	Name                string         // at most 32 bytes
	OriginEnergyLimit   int64          // the most energy that the deployer gives to one call, > 0
	CodeHash            []byte         // written by the chain
	TransactionHash     []byte         // written by the chain
	Version             int32          // written by the chain
}

// Type is TypeCreateSmartContract.
func (c *CreateSmartContract) Type() Type { return TypeCreateSmartContract }

// Sender is the owner.
func (c *CreateSmartContract) Sender() wallet.Address { return c.Owner }

func (c *CreateSmartContract) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	optional(f, 2, "new_contract", &c.New, (*SmartContract).fields)
	f.units(3, "call_token_value", &c.CallTokenValue)
	f.int64(4, "token_id", &c.TokenID)
}

func (s *SmartContract) fields(f fields) {
	f.address(1, "origin_address", &s.Origin)
	f.address(2, "contract_address", &s.Address)
	optional(f, 3, "abi", &s.ABI, (*ABI).fields)
	f.bytes(4, "bytecode", &s.Bytecode)
	f.sun(5, "call_value", &s.CallValue)
	f.int64(6, "consume_user_resource_percent", &s.CallerEnergyPercent)
	f.string(7, "name", &s.Name)
	f.int64(8, "origin_energy_limit", &s.OriginEnergyLimit)
	f.bytes(9, "code_hash", &s.CodeHash)
	f.bytes(10, "trx_hash", &s.TransactionHash)
	f.int32(11, "version", &s.Version)
}

// TriggerSmartContract calls a contract (TriggerSmartContract).
type TriggerSmartContract struct {
	Owner          wallet.Address // caller
	Contract       wallet.Address
	CallValue      wallet.Sun   // TRX sent along
	Data           []byte       // selector and arguments
	CallTokenValue wallet.Units // TRC-10 sent along, smallest units, at most 2^63−1
	TokenID        int64        // which TRC-10
}

// Type is TypeTriggerSmartContract.
func (c *TriggerSmartContract) Type() Type { return TypeTriggerSmartContract }

// Sender is the owner.
func (c *TriggerSmartContract) Sender() wallet.Address { return c.Owner }

func (c *TriggerSmartContract) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.address(2, "contract_address", &c.Contract)
	f.sun(3, "call_value", &c.CallValue)
	f.bytes(4, "data", &c.Data)
	f.units(5, "call_token_value", &c.CallTokenValue)
	f.int64(6, "token_id", &c.TokenID)
}

// UpdateSetting changes the caller's share of the energy of a contract that the owner deployed (UpdateSettingContract).
type UpdateSetting struct {
	Owner               wallet.Address
	Contract            wallet.Address
	CallerEnergyPercent int64 // 0–100
}

// Type is TypeUpdateSetting.
func (c *UpdateSetting) Type() Type { return TypeUpdateSetting }

// Sender is the owner.
func (c *UpdateSetting) Sender() wallet.Address { return c.Owner }

func (c *UpdateSetting) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.address(2, "contract_address", &c.Contract)
	f.int64(3, "consume_user_resource_percent", &c.CallerEnergyPercent)
}

// UpdateEnergyLimit changes the energy that the owner gives to one call of its contract (UpdateEnergyLimitContract).
type UpdateEnergyLimit struct {
	Owner             wallet.Address
	Contract          wallet.Address
	OriginEnergyLimit int64 // energy, > 0
}

// Type is TypeUpdateEnergyLimit.
func (c *UpdateEnergyLimit) Type() Type { return TypeUpdateEnergyLimit }

// Sender is the owner.
func (c *UpdateEnergyLimit) Sender() wallet.Address { return c.Owner }

func (c *UpdateEnergyLimit) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.address(2, "contract_address", &c.Contract)
	f.int64(3, "origin_energy_limit", &c.OriginEnergyLimit)
}

// ClearABI removes the ABI that is stored with a contract (ClearABIContract).
type ClearABI struct {
	Owner    wallet.Address
	Contract wallet.Address
}

// Type is TypeClearABI.
func (c *ClearABI) Type() Type { return TypeClearABI }

// Sender is the owner.
func (c *ClearABI) Sender() wallet.Address { return c.Owner }

func (c *ClearABI) fields(f fields) {
	f.address(1, "owner_address", &c.Owner)
	f.address(2, "contract_address", &c.Contract)
}
