package dashboard

import (
	"context"
	"encoding/json"
	"net/http"
)

// Sales is what a seller of upload shows besides its channels. Amounts are decimal text with their unit.
type Sales struct {
	Selling  bool     `json:"selling"` // this server belongs to a seeder or gate
	Today    Sold     `json:"today"`
	Best     Sold     `json:"best"`     // the torrent of which most was paid for today; without a name and hash when there is none
	Torrents []Sold   `json:"torrents"` // each over all days that are known, what most was paid for first
	Days     []Sold   `json:"days"`     // by day and torrent, the newest day first
	More     int      `json:"more"`     // rows that are not listed
	Probes   []Probes `json:"probes"`
}

// Sold is what was sold of a torrent, on a day, or both.
type Sold struct {
	Day      string   `json:"day"` // YYYY-MM-DD, UTC
	Name     string   `json:"name"`
	InfoHash string   `json:"info_hash"`
	Paid     string   `json:"paid"` // traffic, with its unit
	Free     string   `json:"free"`
	Payments int64    `json:"payments"`
	Earned   []string `json:"earned"` // one for each asset
}

// Probes is how a sponsor's probes went on a day.
type Probes struct {
	Day    string `json:"day"`
	Passed int    `json:"passed"`
	Fast   int    `json:"fast"`
	Failed int    `json:"failed"`
	Why    string `json:"why"` // the last failure's reason
	Earned string `json:"earned"`
}

// sales answers with what was sold; a server that sells nothing says so.
func (p *Page) sales(w http.ResponseWriter, r *http.Request) {
	if !p.Allowed(r) {
		http.Error(w, "the operator's token is needed", http.StatusUnauthorized)
		return
	}
	sales := Sales{Torrents: []Sold{}, Days: []Sold{}, Probes: []Probes{}}
	if p.Sales != nil {
		sales = p.Sales(r.Context())
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(sales); err != nil {
		p.Log.Debug("writing the sales", "err", err)
	}
}

// SalesFunc gives what was sold.
type SalesFunc func(ctx context.Context) Sales
