package vm

import "errors"

var errUnderWay = errors.New("vm: the interpreter arrives with the next commit")

// Call runs the contract m.To. The caller has computed m.EnergyLimit and charges Result.EnergyUsed afterwards.
// An error is a *ValidationError: the transaction gets into no block and nothing was changed.
func Call(env *Env, state State, m *Message) (*Result, error) { return nil, errUnderWay }

// Create deploys m.Data at AddressOf(m.TxID, m.From). Errors as in Call.
func Create(env *Env, state State, m *Message) (*Result, error) { return nil, errUnderWay }
