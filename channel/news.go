package channel

import (
	"encoding/json"
	"fmt"
)

// Kinds of News. More may come; readers pass over what they do not know.
const (
	NewsOpened    = "opened"
	NewsDeposited = "deposited"
	NewsClosing   = "closing" // seen at the head already: nothing more is accepted
	NewsReopened  = "reopened"
	NewsSettled   = "settled"
	NewsClosed    = "closed"
	NewsFrozen    = "frozen"    // the payee has agreed to close
	NewsPaid      = "paid"      // told at most once a second for a channel
	NewsOperation = "operation" // a transaction of ours was signed, or has come further
)

// News is something that watchers are told, in the order of Seq, which has no gaps.
type News struct {
	Seq     int64
	At      int64 // unix milliseconds
	Kind    string
	Channel ID
	Body    []byte // JSON of a NewsBody
}

// NewsBody is what is told. Its figures are absolute, so that hearing something twice does no harm.
type NewsBody struct {
	State   State         `json:"state"`
	Deposit *Amount       `json:"deposit,omitempty"`
	Settled *Amount       `json:"settled,omitempty"`
	Paid    *Amount       `json:"paid,omitempty"`
	Refund  *Amount       `json:"refund,omitempty"`
	CloseAt int64         `json:"close_at,omitempty"` // unix seconds
	TxID    string        `json:"txid,omitempty"`     // hex
	Block   int64         `json:"block,omitempty"`
	Intent  *NewsOfIntent `json:"intent,omitempty"`
}

// NewsOfIntent is how far a transaction of ours has come.
type NewsOfIntent struct {
	Kind    string        `json:"kind"`
	State   IntentState   `json:"state"`
	Settles []NewsSettles `json:"settles,omitempty"`
	Created int64         `json:"created"` // unix milliseconds
	Expires int64         `json:"expires"`
	Fee     int64         `json:"fee"` // sun
	Energy  int64         `json:"energy"`
	Note    string        `json:"note,omitempty"`
}

// NewsSettles is a channel that a transaction settles, and what it will have been paid in all.
type NewsSettles struct {
	Channel ID     `json:"channel"`
	Worth   Amount `json:"worth"`
}

// NewsOf tells of a channel as it stands, and of the event that made it so, if one did.
func NewsOf(kind string, r *Record, ev *Event) News {
	paid, deposit, settled := r.Paid(), r.Deposit, r.Settled
	body := NewsBody{State: r.State, Deposit: &deposit, Settled: &settled, Paid: &paid, CloseAt: r.CloseAt}
	if ev != nil {
		body.TxID, body.Block = fmt.Sprintf("%x", ev.TxID), ev.Block
		if ev.Kind == EventClosed {
			body.Refund = &ev.Refund
		}
	}
	return News{Kind: kind, Channel: r.ID, Body: body.encode()}
}

// NewsOfOperation tells how far a transaction of ours has come.
func NewsOfOperation(i Intent) News {
	told := &NewsOfIntent{Kind: i.Kind, State: i.State, Created: i.Created, Expires: i.Expires, Fee: i.Fee, Energy: i.Energy, Note: i.Note}
	for _, c := range i.Settles {
		told.Settles = append(told.Settles, NewsSettles(c))
	}
	body := NewsBody{TxID: fmt.Sprintf("%x", i.TxID), Block: i.Block, Intent: told}
	return News{Kind: NewsOperation, Body: body.encode()}
}

// Read decodes the body.
func (n *News) Read() (NewsBody, error) {
	var body NewsBody
	if len(n.Body) == 0 {
		return body, nil
	}
	if err := json.Unmarshal(n.Body, &body); err != nil {
		return body, fmt.Errorf("reading event %d: %w", n.Seq, err)
	}
	return body, nil
}

func (b *NewsBody) encode() []byte {
	text, err := json.Marshal(b)
	if err != nil {
		panic("channel: encoding news: " + err.Error()) // it holds nothing that cannot be encoded
	}
	return text
}
