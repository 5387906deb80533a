package wallet_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/piecework/piecework/wallet"
)

var password = []byte("a long password")

func testStore(t testing.TB) *wallet.Keystore {
	t.Helper()
	store, err := wallet.OpenKeystore(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return store.WithCost(wallet.Cost{N: 2, P: 1})
}

func testKey(t testing.TB, n byte) *wallet.Key {
	t.Helper()
	key, err := wallet.KeyFromBytes(append(make([]byte, 31), n))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestKeystore(t *testing.T) {
	store, key := testStore(t), testKey(t, 1)
	added, err := store.AddHD("alice", key, wallet.AccountPath(7), password)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(added.File)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	for _, query := range []string{"alice", key.Address().String(), key.Address().Hex(), "0x" + key.Address().Hex()[2:]} {
		found, err := store.Find(query)
		if err != nil || found != added || found.Path != "m/44'/195'/0'/0/7" {
			t.Errorf("%s finds %+v, %v", query, found, err)
		}
	}
	opened, err := store.Unlock(added, password)
	if err != nil || opened.Bytes() != key.Bytes() {
		t.Errorf("unlocked %v, %v", opened, err)
	}
	if _, err := store.Unlock(added, []byte("another")); !errors.Is(err, wallet.ErrPassword) {
		t.Errorf("wrong password: %v", err)
	}
	leftovers, _ := filepath.Glob(filepath.Join(filepath.Dir(added.File), ".*"))
	if len(leftovers) != 0 {
		t.Errorf("temporary files stay: %v", leftovers)
	}
}

func TestKeystoreRefuses(t *testing.T) {
	store := testStore(t)
	if entries, err := store.List(); err != nil || entries != nil {
		t.Errorf("a keystore that does not exist yet lists %v, %v", entries, err)
	}
	if _, err := store.Add("alice", testKey(t, 1), password); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		add  func() (wallet.Entry, error)
		want error
	}{
		"same name":    {func() (wallet.Entry, error) { return store.Add("alice", testKey(t, 2), password) }, wallet.ErrExists},
		"same key":     {func() (wallet.Entry, error) { return store.Add("bob", testKey(t, 1), password) }, wallet.ErrExists},
		"no password":  {func() (wallet.Entry, error) { return store.Add("bob", testKey(t, 2), nil) }, wallet.ErrPassword},
		"path as name": {func() (wallet.Entry, error) { return store.Add("../bob", testKey(t, 2), password) }, wallet.ErrName},
		"address as name": {func() (wallet.Entry, error) {
			return store.Add(testKey(t, 2).Address().String(), testKey(t, 2), password)
		}, wallet.ErrName},
		"empty name":      {func() (wallet.Entry, error) { return store.Add("", testKey(t, 2), password) }, wallet.ErrName},
		"long name":       {func() (wallet.Entry, error) { return store.Add(strings.Repeat("a", 33), testKey(t, 2), password) }, wallet.ErrName},
		"watch same name": {func() (wallet.Entry, error) { return store.Watch("alice", testKey(t, 3).Address()) }, wallet.ErrExists},
		"no such key":     {func() (wallet.Entry, error) { return store.Find("carol") }, wallet.ErrNoKey},
	} {
		if _, err := test.add(); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func TestWatchedAccounts(t *testing.T) {
	store, key := testStore(t), testKey(t, 1)
	watched, err := store.Watch("cold", key.Address())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Unlock(watched, password); !errors.Is(err, wallet.ErrWatchOnly) {
		t.Errorf("unlocking a watched account: %v", err)
	}
	added, err := store.Add("hot", key, password)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := store.Find(key.Address().String()); err != nil || found != added {
		t.Errorf("the address finds %+v, %v, want the entry with the key", found, err)
	}
	if entries, err := store.List(); err != nil || len(entries) != 2 {
		t.Errorf("list %v, %v", entries, err)
	}
}

// Files that other programs drop into the directory are found; two with one name are told apart.
func TestForeignFilesAreFound(t *testing.T) {
	dir := t.TempDir()
	store, err := wallet.OpenKeystore(dir)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("UTC--2020-01-01--walletcli.json", web3File(`"address":"TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC",`))
	put("notes.txt", "not a key file")
	put("broken.json", `{"crypto":`)
	put("huge.json", `{"x":"`+strings.Repeat("x", 1<<17)+`"}`)
	put("one.json", web3File(`"piecework":{"name":"twice"},`))
	put("two.json", web3File(`"piecework":{"name":"twice"},`))
	entries, err := store.List()
	if err != nil || len(entries) != 3 || entries[0].Address != wallet.MustParseAddress("TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC") {
		t.Errorf("list %+v, %v", entries, err)
	}
	if _, err := store.Find("broken"); !errors.Is(err, wallet.ErrKeyFile) {
		t.Errorf("a broken file: %v", err)
	}
	if _, err := store.Find("twice"); !errors.Is(err, wallet.ErrAmbiguous) {
		t.Errorf("two files of one name: %v", err)
	}
}

// web3Secret and the two files below are the test vectors of Web3 Secret Storage version 3, password "testpassword".
const web3Secret = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"

const (
	web3PBKDF2 = `{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
		"kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
		"mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"}`
	web3Scrypt = `{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},"ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
		"kdf":"scrypt","kdfparams":{"dklen":32,"n":262144,"p":8,"r":1,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},
		"mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"}`
)

func web3File(extra string) string {
	return `{` + extra + `"crypto":` + web3PBKDF2 + `,"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}`
}

func TestWeb3Vectors(t *testing.T) {
	for name, crypto := range map[string]string{"pbkdf2": web3PBKDF2, "scrypt": web3Scrypt} {
		file, err := wallet.ReadKeyFile([]byte(`{"crypto":` + crypto + `,"version":3}`))
		if err != nil {
			t.Fatal(err)
		}
		key, err := file.Decrypt([]byte("testpassword"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if secret := key.Bytes(); hex.EncodeToString(secret[:]) != web3Secret {
			t.Errorf("%s: another key", name)
		}
	}
}

// cheap is a key file that opens fast, its parts replaceable.
func cheap(t testing.TB, key *wallet.Key) map[string]any {
	t.Helper()
	file, err := wallet.EncryptKey(key, password, wallet.Cost{N: 2, P: 1})
	if err != nil {
		t.Fatal(err)
	}
	data, err := file.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var parts map[string]any
	if err := json.Unmarshal(data, &parts); err != nil {
		t.Fatal(err)
	}
	return parts
}

func TestDialects(t *testing.T) {
	key := testKey(t, 1)
	for name, change := range map[string]func(file, crypto, kdf map[string]any){
		"standard":               func(_, _, _ map[string]any) {},
		"address base58":         func(f, _, _ map[string]any) { f["address"] = key.Address().String() },
		"address 41-hex":         func(f, _, _ map[string]any) { f["address"] = key.Address().Hex() },
		"address 0x41-hex":       func(f, _, _ map[string]any) { f["address"] = "0x" + key.Address().Hex() },
		"address 0x and 20":      func(f, _, _ map[string]any) { f["address"] = "0x" + key.Address().Hex()[2:] },
		"address upper-case hex": func(f, _, _ map[string]any) { f["address"] = strings.ToUpper(key.Address().Hex()[2:]) },
		"address, odd case": func(f, _, _ map[string]any) {
			h := key.Address().Hex()[2:]
			f["address"] = strings.ToUpper(h[:20]) + h[20:]
		},
		"no address":      func(f, _, _ map[string]any) { delete(f, "address") },
		"no id":           func(f, _, _ map[string]any) { delete(f, "id") },
		"no version":      func(f, _, _ map[string]any) { delete(f, "version") },
		"version as text": func(f, _, _ map[string]any) { f["version"] = "3" },
		"a type field":    func(f, _, _ map[string]any) { f["type"] = "private-key" },
		"Crypto":          func(f, c, _ map[string]any) { f["Crypto"] = c; delete(f, "crypto") },
		"numbers as text": func(_, _, k map[string]any) { k["n"], k["r"], k["p"] = "2", "8", "1" },
		"no dklen":        func(_, _, k map[string]any) { delete(k, "dklen") },
		"0x before hex":   func(_, c, k map[string]any) { c["mac"], k["salt"] = "0x"+c["mac"].(string), "0x"+k["salt"].(string) },
		"upper-case hex":  func(_, c, _ map[string]any) { c["ciphertext"] = strings.ToUpper(c["ciphertext"].(string)) },
	} {
		file := cheap(t, key)
		crypto := file["crypto"].(map[string]any)
		change(file, crypto, crypto["kdfparams"].(map[string]any))
		data, _ := json.Marshal(file)
		read, err := wallet.ReadKeyFile(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if opened, err := read.Decrypt(password); err != nil || opened.Address() != key.Address() {
			t.Errorf("%s: %v, %v", name, opened, err)
		}
	}
}

func TestPathsAndNamesInKeyFiles(t *testing.T) {
	for extra, want := range map[string]struct{ name, path string }{
		`"piecework":{"name":"alice","path":"m/44'/195'/0'/0/3"},`:      {"alice", "m/44'/195'/0'/0/3"},
		`"x-ethers":{"path":"m/44'/195'/0'/0/4","mnemonicCounter":""},`: {"", "m/44'/195'/0'/0/4"},
		`"x-ethers":{"path":"nonsense"},`:                               {"", "m"},
		`"piecework":{"name":"\u001b[2J evil"},`:                        {"", "m"},
	} {
		file, err := wallet.ReadKeyFile([]byte(web3File(extra)))
		if err != nil || file.Name != want.name || file.Path.String() != want.path {
			t.Errorf("%s reads as %q, %s, %v", extra, file.Name, file.Path, err)
		}
	}
}

func TestHostileKeyFiles(t *testing.T) {
	key := testKey(t, 1)
	for name, change := range map[string]func(file, crypto, kdf map[string]any){
		"endless memory":    func(_, _, k map[string]any) { k["n"] = 1 << 30 },
		"memory by r":       func(_, _, k map[string]any) { k["r"] = 1 << 30 },
		"both":              func(_, _, k map[string]any) { k["n"], k["r"] = 1<<30, 1<<30 },
		"endless time":      func(_, _, k map[string]any) { k["p"] = 1 << 30 },
		"n no power of two": func(_, _, k map[string]any) { k["n"] = 3 },
		"n negative":        func(_, _, k map[string]any) { k["n"] = -2 },
		"n fraction":        func(_, _, k map[string]any) { k["n"] = 2.5 },
		"r zero":            func(_, _, k map[string]any) { k["r"] = 0 },
		"dklen":             func(_, _, k map[string]any) { k["dklen"] = 16 },
		"no salt type":      func(_, _, k map[string]any) { k["salt"] = 7 },
		"salt no hex":       func(_, _, k map[string]any) { k["salt"] = "zz" },
		"pbkdf2 endless":    func(_, c, k map[string]any) { c["kdf"], k["c"], k["prf"] = "pbkdf2", 1<<31-1, "hmac-sha256" },
		"pbkdf2 prf":        func(_, c, k map[string]any) { c["kdf"], k["c"], k["prf"] = "pbkdf2", 1, "hmac-md5" },
		"pbkdf2 no rounds":  func(_, c, _ map[string]any) { c["kdf"] = "pbkdf2" },
		"unknown kdf":       func(_, c, _ map[string]any) { c["kdf"] = "argon2id" },
		"unknown cipher":    func(_, c, _ map[string]any) { c["cipher"] = "aes-256-gcm" },
		"short iv":          func(_, c, _ map[string]any) { c["cipherparams"] = map[string]any{"iv": "00"} },
		"no crypto":         func(f, _, _ map[string]any) { delete(f, "crypto") },
		"null crypto":       func(f, _, _ map[string]any) { f["crypto"] = nil },
		"version 1":         func(f, _, _ map[string]any) { f["version"] = 1 },
		"bad address":       func(f, _, _ map[string]any) { f["address"] = "T123" },
		"another's address": func(f, _, _ map[string]any) { f["address"] = testKey(t, 2).Address().String() },
		"watch, no address": func(f, _, _ map[string]any) { delete(f, "address"); f["piecework"] = map[string]any{"watch": true} },
	} {
		file := cheap(t, key)
		crypto := file["crypto"].(map[string]any)
		change(file, crypto, crypto["kdfparams"].(map[string]any))
		data, _ := json.Marshal(file)
		read, err := wallet.ReadKeyFile(data)
		if err == nil {
			_, err = read.Decrypt(password)
		}
		if !errors.Is(err, wallet.ErrKeyFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// go-ethereum opens what we write, and we open what it writes.
func TestKeyFilesAndGoEthereum(t *testing.T) {
	key := testKey(t, 1)
	file, err := wallet.EncryptKey(key, password, wallet.Cost{N: 2, P: 1})
	if err != nil {
		t.Fatal(err)
	}
	data, err := file.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := keystore.DecryptKey(data, string(password))
	if err != nil {
		t.Fatal(err)
	}
	secret := key.Bytes()
	if !bytes.Equal(crypto.FromECDSA(theirs.PrivateKey), secret[:]) {
		t.Error("go-ethereum reads another key")
	}
	back, err := keystore.EncryptKey(theirs, string(password), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	store := testStore(t)
	entry, err := store.Import("alice", back, password, []byte("new password"))
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := store.Unlock(entry, []byte("new password")); err != nil || opened.Bytes() != secret {
		t.Errorf("imported %v, %v", opened, err)
	}
	exported, err := store.Export(entry)
	if err != nil || !bytes.Contains(exported, []byte(`"version": 3`)) {
		t.Errorf("export %s, %v", exported, err)
	}
}

func TestChangePasswordAndRemove(t *testing.T) {
	store, key := testStore(t), testKey(t, 1)
	entry, err := store.AddHD("alice", key, wallet.AccountPath(1), password)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.ChangePassword(entry, []byte("wrong"), []byte("new")); !errors.Is(err, wallet.ErrPassword) {
		t.Errorf("with a wrong password: %v", err)
	}
	if err := store.ChangePassword(entry, password, nil); !errors.Is(err, wallet.ErrPassword) {
		t.Errorf("to none: %v", err)
	}
	if err := store.ChangePassword(entry, password, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if found, err := store.Find("alice"); err != nil || found != entry {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := store.Unlock(entry, password); !errors.Is(err, wallet.ErrPassword) {
		t.Errorf("the old password: %v", err)
	}
	if opened, err := store.Unlock(entry, []byte("new")); err != nil || opened.Bytes() != key.Bytes() {
		t.Errorf("the new password: %v", err)
	}
	if err := testStore(t).Remove(entry); !errors.Is(err, wallet.ErrNoKey) {
		t.Errorf("another keystore removes it: %v", err)
	}
	if err := store.Remove(entry); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Find("alice"); !errors.Is(err, wallet.ErrNoKey) {
		t.Errorf("after removing: %v", err)
	}
}

// Two that add the same name at once: one wins, nothing is overwritten.
func TestAddIsExclusive(t *testing.T) {
	store := testStore(t)
	const racers = 8
	results := make(chan error, racers)
	for i := range racers {
		go func() {
			_, err := store.Add("alice", testKey(t, byte(i+1)), password)
			results <- err
		}()
	}
	won := 0
	for range racers {
		if err := <-results; err == nil {
			won++
		} else if !errors.Is(err, wallet.ErrExists) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d won", won, racers)
	}
}

func TestReadOnlyKeystore(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root writes everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	store, err := wallet.OpenKeystore(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.WithCost(wallet.Cost{N: 2, P: 1}).Add("alice", testKey(t, 1), password); !errors.Is(err, os.ErrPermission) {
		t.Error(err)
	}
}

func FuzzReadKeyFile(f *testing.F) {
	f.Add([]byte(web3File("")))
	f.Add([]byte(fmt.Sprintf(`{"address":"%s","piecework":{"watch":true,"path":"m/44'/195'/0'/0/0"}}`, testKey(f, 1).Address())))
	data, _ := json.Marshal(cheap(f, testKey(f, 1)))
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := wallet.ReadKeyFile(data)
		if err != nil {
			if !errors.Is(err, wallet.ErrKeyFile) {
				t.Fatal(err)
			}
			return
		}
		written, err := file.Marshal()
		if err != nil {
			return // a path too deep to write again, for one
		}
		again, err := wallet.ReadKeyFile(written)
		if err != nil || again.Address != file.Address || again.Watch != file.Watch || again.Name != file.Name {
			t.Fatalf("%s\nbecomes\n%s\n%v", data, written, err)
		}
		if len(data) < 2048 && !bytes.Contains(data, []byte("262144")) && bytes.Contains(data, []byte(`"n":2,`)) {
			_, _ = file.Decrypt(password)
		}
	})
}
