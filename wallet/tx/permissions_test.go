package tx_test

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tx"
)

func TestOperations(t *testing.T) {
	few := tx.NewOperations(tx.TypeTransfer, tx.TypeTriggerSmartContract)
	if few.String() != "0200008000000000000000000000000000000000000000000000000000000000" {
		t.Errorf("%s", few)
	}
	if !few.Has(tx.TypeTransfer) || few.Has(tx.TypeTransferAsset) || few.Has(-1) || few.Has(256) {
		t.Error("wrong members")
	}
	if got := few.With(tx.TypeVoteWitness).Without(tx.TypeTransfer).Types(); !slices.Equal(got, []tx.Type{tx.TypeVoteWitness, tx.TypeTriggerSmartContract}) {
		t.Errorf("%v", got)
	}
	for _, s := range []string{"", "zz", "00", few.String() + "00"} {
		if _, err := tx.ParseOperations(s); !errors.Is(err, tx.ErrOperations) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if tx.DefaultOperations() != tx.AvailableOperations().Without(tx.TypeAccountPermissionUpdate) {
		t.Error("the default is more than the right to change permissions away from everything")
	}
}

func TestDefaultPermissionsUpdate(t *testing.T) {
	update, err := tx.DefaultPermissions(me).Update(me)
	if err != nil {
		t.Fatal(err)
	}
	if update.Owner != me || update.Owners.Threshold != 1 || len(update.Actives) != 1 || update.Actives[0].ID != 2 {
		t.Errorf("%+v", update)
	}
}

// The rules of AccountPermissionUpdateActuator, one by one.
func TestPermissionRules(t *testing.T) {
	five := keys(me, 1, you, 1, other, 1, third, 1, usdt, 1)
	for name, change := range map[string]func(p *tx.Permissions){
		"no active":              func(p *tx.Permissions) { p.Actives = nil },
		"nine actives":           func(p *tx.Permissions) { p.Actives = slices.Repeat(p.Actives, 9) },
		"no key":                 func(p *tx.Permissions) { p.Owner.Keys = nil },
		"six keys":               func(p *tx.Permissions) { p.Owner.Keys = append(five, keys(testKey(t, 9).Address(), 1)...) },
		"a key twice":            func(p *tx.Permissions) { p.Owner.Keys = keys(me, 1, me, 1) },
		"a key twice, unequal":   func(p *tx.Permissions) { p.Owner.Keys = keys(me, 1, me, 2) },
		"weight zero":            func(p *tx.Permissions) { p.Owner.Keys = keys(me, 0) },
		"no address":             func(p *tx.Permissions) { p.Owner.Keys = keys(wallet.Address{}, 1) },
		"threshold zero":         func(p *tx.Permissions) { p.Owner.Threshold = 0 },
		"threshold out of reach": func(p *tx.Permissions) { p.Owner.Threshold = 2 },
		"weights overflow": func(p *tx.Permissions) {
			p.Owner.Keys = []tx.PermissionKey{{Address: me, Weight: math.MaxInt64}, {Address: you, Weight: 1}}
		},
		"long name":          func(p *tx.Permissions) { p.Actives[0].Name = strings.Repeat("x", 33) },
		"a parent":           func(p *tx.Permissions) { p.Actives[0].Parent = 1 },
		"owner's operations": func(p *tx.Permissions) { p.Owner.Operations = make([]byte, 32) },
		"31 bytes":           func(p *tx.Permissions) { p.Actives[0].Operations = make([]byte, 31) },
		"all ones":           func(p *tx.Permissions) { p.Actives[0].Operations = []byte(strings.Repeat("\xff", 32)) },
		"owner as active":    func(p *tx.Permissions) { p.Actives[0].Kind = tx.PermissionOwner },
		"two keys of witness": func(p *tx.Permissions) {
			p.Witness = &tx.Permission{Kind: tx.PermissionWitness, Threshold: 1, Keys: keys(me, 1, you, 1)}
		},
	} {
		p := tx.DefaultPermissions(me)
		change(&p)
		if _, err := p.Update(me); !errors.Is(err, tx.ErrPermission) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := tx.DefaultPermissions(me)
	good.Owner.Keys, good.Owner.Threshold = five, 5
	good.Witness = &tx.Permission{Kind: tx.PermissionWitness, Name: "witness", Threshold: 1, Keys: keys(you, 1)}
	good.Actives = slices.Repeat(good.Actives, 8)
	update, err := good.Update(me)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range update.Actives {
		if a.ID != int32(2+i) {
			t.Errorf("active %d has the id %d", i, a.ID)
		}
	}
	if update.Witness.ID != 1 || good.Witness.ID != 0 {
		t.Error("the witness's id")
	}
}

func TestLockout(t *testing.T) {
	mine := tx.DefaultPermissions(me)
	if err := mine.Lockout(me); err != nil {
		t.Error(err)
	}
	given := mine
	given.Owner.Keys = keys(you, 1)
	if err := given.Lockout(me); !errors.Is(err, tx.ErrLockout) {
		t.Errorf("the account given away: %v", err)
	}
	shared := mine
	shared.Owner.Keys, shared.Owner.Threshold = keys(me, 1, you, 1), 2
	if err := shared.Lockout(me); !errors.Is(err, tx.ErrLockout) {
		t.Errorf("one of two: %v", err)
	}
	if err := shared.Lockout(me, you); err != nil {
		t.Errorf("two of two: %v", err)
	}
	back := given
	operations := tx.NewOperations(tx.TypeAccountPermissionUpdate)
	back.Actives = []tx.Permission{{Kind: tx.PermissionActive, Threshold: 1, Operations: operations[:], Keys: keys(me, 1)}}
	if err := back.Lockout(me); err != nil {
		t.Errorf("an active permission may change permissions: %v", err)
	}
}

func TestPermissionsDiff(t *testing.T) {
	old := tx.DefaultPermissions(me)
	if d := old.Diff(old); d != nil {
		t.Errorf("no change shows as %q", d)
	}
	next := tx.DefaultPermissions(me)
	next.Owner.Keys, next.Owner.Threshold = keys(me, 2, you, 1), 3
	operations := tx.DefaultOperations().Without(tx.TypeTransfer).With(tx.TypeAccountPermissionUpdate)
	next.Actives[0].Operations = operations[:]
	next.Actives = append(next.Actives, tx.Permission{Kind: tx.PermissionActive, Name: "bot", Threshold: 1, Operations: make([]byte, 32), Keys: keys(other, 1)})
	want := []string{
		"owner: threshold 1 → 3",
		"owner: key " + me.String() + ", weight 1 → 2",
		"owner: + key " + you.String() + ", weight 1",
		"active 2: - TransferContract",
		"active 2: + AccountPermissionUpdateContract",
		`+ active 3 "bot"`,
		"active 3: threshold 0 → 1",
		"active 3: + key " + other.String() + ", weight 1",
	}
	if got := old.Diff(next); !reflect.DeepEqual(got, want) {
		t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := next.Diff(old); !slices.Contains(got, `- active 3 "bot"`) {
		t.Errorf("%q", got)
	}
}

// What a node answers with SIGERROR, found before the broadcast.
func TestCheckSignatures(t *testing.T) {
	a, b, c, stranger := testKey(t, 1), testKey(t, 2), testKey(t, 3), testKey(t, 4)
	operations := tx.NewOperations(tx.TypeTransfer)
	permission := tx.Permission{
		Kind: tx.PermissionActive, ID: 2, Name: "two of three", Threshold: 2, Operations: operations[:],
		Keys: keys(a.Address(), 1, b.Address(), 1, c.Address(), 1),
	}
	signedBy := func(contract tx.Contract, id int32, keys ...*wallet.Key) *tx.Transaction {
		built, err := tx.Build(contract, reference(), tx.Options{PermissionID: id})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if err := built.Sign(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
		return built
	}
	transfer := transferOf(me)
	if err := signedBy(transfer, 2, a, c).CheckSignatures(permission); err != nil {
		t.Errorf("two of three: %v", err)
	}
	for name, test := range map[string]struct {
		signed *tx.Transaction
		want   error
	}{
		"nobody":             {signedBy(transfer, 2), tx.ErrUnsigned},
		"another permission": {signedBy(transfer, 3, a, b), tx.ErrPermissionID},
		"not allowed":        {signedBy(&tx.WithdrawBalance{Owner: me}, 2, a, b), tx.ErrNotAllowed},
		"four signatures":    {signedBy(transfer, 2, a, b, c, stranger), tx.ErrTooManySigned},
	} {
		if err := test.signed.CheckSignatures(permission); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	var weight *tx.WeightError
	if err := signedBy(transfer, 2, b).CheckSignatures(permission); !errors.As(err, &weight) || weight.Have != 1 || weight.Need != 2 ||
		!slices.Equal(weight.Missing, []wallet.Address{a.Address(), c.Address()}) {
		t.Errorf("one of three: %v", err)
	}
	var wrong *tx.WrongKeyError
	if err := signedBy(transfer, 2, a, stranger).CheckSignatures(permission); !errors.As(err, &wrong) || wrong.Key != stranger.Address() || len(wrong.Would) != 3 {
		t.Errorf("a stranger: %v", err)
	}
	witness := tx.Permission{Kind: tx.PermissionWitness, ID: 1, Threshold: 1, Keys: keys(a.Address(), 1)}
	if err := signedBy(transfer, 1, a).CheckSignatures(witness); !errors.Is(err, tx.ErrWitnessSigns) {
		t.Errorf("a witness: %v", err)
	}
}

// The same signature in another spelling does not count twice.
func TestTwoSpellingsOfOneSignature(t *testing.T) {
	signed := vector(t)
	if err := signed.Sign(t.Context(), keyOne(t)); err != nil {
		t.Fatal(err)
	}
	signature := signed.Signatures()[0]
	second := slices.Clone(signature)
	second[64] -= 27
	twice, err := tx.Decode(bytesField(bytesField(bytesField(nil, 1, signed.Raw()), 2, signature), 2, second))
	if err != nil {
		t.Fatal(err)
	}
	owner := tx.Permission{Name: "owner", Threshold: 2, Keys: keys(me, 1, you, 1)}
	if err := twice.CheckSignatures(owner); !errors.Is(err, tx.ErrSigned) {
		t.Errorf("%v", err)
	}
}

func TestSignExpected(t *testing.T) {
	want := tx.Expected{Contract: transferOf(me)}
	if built := vector(t); built.SignExpected(t.Context(), keyOne(t), want) != nil || len(built.Signatures()) != 1 {
		t.Error("the owner may not sign")
	}
	var wrong *tx.WrongKeyError
	if err := vector(t).SignExpected(t.Context(), testKey(t, 2), want); !errors.As(err, &wrong) || wrong.Would[0] != me {
		t.Errorf("another key: %v", err)
	}
	want.Permission = &tx.Permission{Name: "owner", Threshold: 1, Keys: keys(testKey(t, 2).Address(), 1)}
	if err := vector(t).SignExpected(t.Context(), testKey(t, 2), want); err != nil {
		t.Errorf("a key that the owner permission was handed to: %v", err)
	}
	if err := vector(t).SignExpected(t.Context(), keyOne(t), want); !errors.As(err, &wrong) {
		t.Errorf("the key that has no right any more: %v", err)
	}
	want.Permission.Kind, want.Permission.ID = tx.PermissionActive, 2
	if err := vector(t).SignExpected(t.Context(), testKey(t, 2), want); !errors.Is(err, tx.ErrPermissionID) {
		t.Errorf("another permission: %v", err)
	}
}
