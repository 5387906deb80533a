package wallet

// DevMnemonic is the sentence behind the testnet's accounts. Everybody knows it: never send real money to its addresses.
const DevMnemonic = "test test test test test test test test test test test junk"

// DevAccount is one of the testnet's well-known accounts.
type DevAccount struct {
	Name string
	Key  *Key
	Path Path
}

// devKeys are the first ten keys of DevMnemonic. They stand here derived, as the sentence alone takes longer to read than a testnet takes to start;
// the tests derive them again.
var devKeys = [...]struct{ name, key string }{
	{"alice", "15f0bbb1774be40b7a8d7965d637f324bda2f711fc5726a3dcc19585c6950954"},
	{"bob", "9b6ac6a6faf1dc64240f654475a7e668141e4205262367feb7269ef332113929"},
	{"carol", "0c88a7fee5bfbe5a354c225bfa8a9d09557466cdf56f887cc2d000e7354f9453"},
	{"dave", "68c9a7dcaa4677fdeba9f72c8a1d86d0adf34932cdbdb52d90a2d01504d9d4be"},
	{"erin", "a01527c0c2d83e71c8827f2f0ee5c1a6f715a0c9bace1c3da50c6690a4e69fe7"},
	{"frank", "679733f6af4143c82ea340e70029e86fda0fc0232a434172b7f233d96f6ff70f"},
	{"grace", "c41ac8920442be2469a0d6f04c9959e7e9faa3c6be4c3723224a2e06f4fd3aec"},
	{"heidi", "ff46c996d2494137bff12940698eae445b696e6da4769933687d607a8fa06dc3"},
	{"ivan", "47e922c77f526dea6dcd1bb5d9af55239815fd982799745abe1f646f04ffe776"},
	{"judy", "529ca9c20dd90893928ef9ce2bdfcecbc191ffc5ee93a0171427d9a28ea77718"},
}

// DevAccounts are the ten accounts that the testnet funds, alice to judy: the first ten of DevMnemonic, m/44'/195'/0'/0/i.
func DevAccounts() []DevAccount {
	accounts := make([]DevAccount, len(devKeys))
	for i, d := range devKeys {
		key, err := ParseKey(d.key)
		if err != nil {
			panic("wallet: reading a development account: " + err.Error())
		}
		accounts[i] = DevAccount{Name: d.name, Key: key, Path: AccountPath(uint32(i))}
	}
	return accounts
}
