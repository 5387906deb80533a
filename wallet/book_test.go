package wallet_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/piecework/piecework/wallet"
)

// addressLike makes an address whose base58 form begins or ends as another's by changing bytes at the other end until it fits.
func addressLike(t *testing.T, of wallet.Address, front, back int) wallet.Address {
	t.Helper()
	shown := of.String()
	a := of
	for n := uint32(1); n != 0; n++ {
		at := 1 // the tail of the text depends on everything, its head on the first bytes only
		if front > 0 {
			at = 12
		}
		a[at], a[at+1], a[at+2], a[at+3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
		text := a.String()
		if text[:1+front] == shown[:1+front] && text[len(text)-back:] == shown[len(shown)-back:] && a != of {
			return a
		}
	}
	t.Fatal("none found")
	return a
}

func TestBookWarnsOfLookAlikes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config", "contacts.json")
	book, err := wallet.OpenBook(file)
	if err != nil {
		t.Fatal(err)
	}
	exchange := testKey(t, 1).Address()
	if err := book.Add("exchange", exchange); err != nil {
		t.Fatal(err)
	}
	for name, poisoned := range map[string]wallet.Address{
		"front":     addressLike(t, exchange, 4, 0),
		"both ends": addressLike(t, exchange, 2, 2),
	} {
		alike := book.LookAlike(poisoned)
		if alike == nil || alike.Contact.Name != "exchange" {
			t.Errorf("%s: %s passes for %s", name, poisoned, exchange)
		}
		var refused *wallet.LookAlike
		if err := book.Add("poisoned", poisoned); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := byte(2); n < 200; n++ {
		if alike := book.LookAlike(testKey(t, n).Address()); alike != nil {
			t.Errorf("a false alarm: %v", alike)
		}
	}
	if book.LookAlike(exchange) != nil {
		t.Error("a contact looks like itself")
	}
}

func TestBookKeeps(t *testing.T) {
	file := filepath.Join(t.TempDir(), "contacts.json")
	book, err := wallet.OpenBook(file)
	if err != nil {
		t.Fatal(err)
	}
	one, two := testKey(t, 1).Address(), testKey(t, 2).Address()
	for name, a := range map[string]wallet.Address{"one": one, "two": two} {
		if err := book.Add(name, a); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.Add("one", one); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := book.Add("one", two); err == nil {
		t.Error("a name changes its address in silence")
	}
	if err := book.Add("One!", two); !errors.Is(err, wallet.ErrName) {
		t.Error(err)
	}
	if err := book.Remove("two"); err != nil {
		t.Fatal(err)
	}
	again, err := wallet.OpenBook(file)
	if err != nil {
		t.Fatal(err)
	}
	if found, ok := again.Find("one"); !ok || found != one || len(again.Contacts()) != 1 {
		t.Errorf("%v", again.Contacts())
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(file, []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := wallet.OpenBook(file); err == nil {
		t.Error("a damaged book opens")
	}
}
