package wallet_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
)

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

// m itself is a path, of no steps: it is kept like any other, also when the password changes.
func TestTheMasterKeysPathIsKept(t *testing.T) {
	store := testStore(t)
	added, err := store.AddHD("master", testKey(t, 1), wallet.Path{}, password)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.ChangePassword(added, password, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if found, err := store.Find("master"); err != nil || found.Path != "m" || added.Path != "m" {
		t.Errorf("added with %q, found with %q, %v", added.Path, found.Path, err)
	}
	_, err = store.Add("plain", testKey(t, 2), password)
	if found, _ := store.Find("plain"); err != nil || found.Path != "" {
		t.Errorf("a key that was not derived has the path %q, %v", found.Path, err)
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
