package wallet_test

import (
	"bytes"
	"errors"
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
