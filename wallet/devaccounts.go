package wallet

// DevMnemonic is the sentence behind the testnet's accounts. Everybody knows it: never send real money to its addresses.
const DevMnemonic = "test test test test test test test test test test test junk"

// DevAccount is one of the testnet's well-known accounts.
type DevAccount struct {
	Name string
	Key  *Key
	Path Path
}

// DevAccounts are the ten accounts that the testnet funds, alice to judy: the first ten of DevMnemonic, m/44'/195'/0'/0/i.
func DevAccounts() []DevAccount {
	names := []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy"}
	accounts := make([]DevAccount, len(names))
	master := devMaster()
	for i, name := range names {
		path := AccountPath(uint32(i))
		node, err := master.Derive(path)
		if err != nil {
			panic("wallet: deriving a development account: " + err.Error())
		}
		accounts[i] = DevAccount{Name: name, Key: node.Key(), Path: path}
	}
	return accounts
}

// devMaster cannot fail: its sentence is fixed and the tests derive from it.
func devMaster() *HDKey {
	m, err := ParseMnemonic(DevMnemonic)
	if err != nil {
		panic("wallet: reading the development mnemonic: " + err.Error())
	}
	seed, err := m.Seed("")
	if err != nil {
		panic("wallet: reading the development mnemonic: " + err.Error())
	}
	master, err := NewMaster(seed)
	if err != nil {
		panic("wallet: reading the development mnemonic: " + err.Error())
	}
	return master
}
