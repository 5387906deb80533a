package torrent

import (
	"testing"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/wire"
)

// TestPatienceIsPaidByWholeSteps: who alternates good and bad payments pays a whole step for each bad one, or is left; a payment of one unit forgives nothing.
func TestPatienceIsPaidByWholeSteps(t *testing.T) {
	bad, step := &wire.Error{Code: wire.CodeSignature}, channel.NewAmount(250)
	var p patience
	paid := channel.Amount{}
	for range 1000 {
		if p.refused(bad) {
			t.Fatal("left although each refusal was followed by a whole step")
		}
		paid = paid.Add(step)
		p.mend(paid, step)
	}
	p, paid = patience{}, channel.Amount{}
	for n := range 10 {
		paid = paid.Add(channel.NewAmount(1))
		p.mend(paid, step)
		if p.refused(bad) {
			if n != 3 {
				t.Errorf("left after %d refusals", n+1)
			}
			return
		}
	}
	t.Error("payments of one unit buy forgiveness")
}

func TestPatienceWithWhatIsNotFinalYet(t *testing.T) {
	var p patience
	for range 20 { // a minute of asking every three seconds
		if p.refused(&wire.Error{Code: wire.CodeChannel}) {
			t.Fatal("left while its channel was not final")
		}
	}
	for range 100 {
		if p.repeated() {
			return
		}
	}
	t.Error("repetitions are never too many")
}
