package dashboard

// Status is all that the page shows. Amounts are decimal text: exact, for the eye.
type Status struct {
	At       string `json:"at"` // RFC 3339
	Payee    string `json:"payee"`
	Contract string `json:"contract"`
	Head     int64  `json:"head"`
	Solid    int64  `json:"solid"`
	Leads    bool   `json:"leads"` // this server settles

	Alarms   []Alarm   `json:"alarms"`
	Balances []Balance `json:"balances"`
	Totals   []Total   `json:"totals"` // of the channels that pay this server
	Funded   []Total   `json:"funded"` // of those that a hub has funded for seeders; what is due there is due to them
	Earnings []Earning `json:"earnings"`
	Channels []Channel `json:"channels"`
	More     int       `json:"more"` // channels that are not listed
	Plan     []Planned `json:"plan"`
	Left     []Left    `json:"left"`
	Reserve  Reserve   `json:"reserve"`
	Sent     []Sent    `json:"sent"`
}

// Alarm is something that a person has to look at.
type Alarm struct {
	Level string `json:"level"` // "bad" or "warn"
	Text  string `json:"text"`
}

// Balance is what the payee's account has.
type Balance struct {
	Asset  string `json:"asset"`
	Amount string `json:"amount"`
}

// Total adds up the live channels of an asset.
type Total struct {
	Asset    string `json:"asset"`
	Channels int    `json:"channels"`
	Deposit  string `json:"deposit"`
	Paid     string `json:"paid"`
	Settled  string `json:"settled"`
	Due      string `json:"due"`
}

// Earning is what was settled on a day, in an asset.
type Earning struct {
	Day    string  `json:"day"` // YYYY-MM-DD, UTC
	Asset  string  `json:"asset"`
	Amount string  `json:"amount"`
	Height float64 `json:"height"` // 0 to 1, of the best day of the asset: how high the chart draws it
}

// Channel is one live channel that pays this server.
type Channel struct {
	ID      string `json:"id"`
	Payer   string `json:"payer"`
	Asset   string `json:"asset"`
	State   string `json:"state"`
	Deposit string `json:"deposit"`
	Paid    string `json:"paid"`
	Due     string `json:"due"`
}

// Planned is a transaction that the policy would send now.
type Planned struct {
	Asset    string   `json:"asset"`
	Channels int      `json:"channels"`
	Due      string   `json:"due"`
	Worth    string   `json:"worth_trx"`
	Cost     string   `json:"cost_trx"`
	Why      []string `json:"why"`
	Deadline string   `json:"deadline"`
}

// Left is a reason why channels are not settled now, and what is due on them.
type Left struct {
	Why      string `json:"why"`
	Channels int    `json:"channels"`
	Worth    string `json:"worth_trx"`
}

// Reserve is what settling everything would cost, and what there is.
type Reserve struct {
	Needed    string `json:"needed_trx"`
	Available string `json:"available_trx"`
	Enough    bool   `json:"enough"`
}

// Sent is a transaction of ours.
type Sent struct {
	TxID     string `json:"txid"`
	Kind     string `json:"kind"`
	State    string `json:"state"`
	Channels int    `json:"channels"`
	Burnt    string `json:"burnt_trx"`
	At       string `json:"at"`
	Note     string `json:"note"`
}
