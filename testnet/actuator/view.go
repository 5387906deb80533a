package actuator

import "github.com/piecework/piecework/testnet/state"

// UpToDate is a use of staked bandwidth or energy brought up to now, as queries show it.
func UpToDate(s *state.State, u state.Use) state.Use { return useStaked(s, u, 0, s.Slot()) }
