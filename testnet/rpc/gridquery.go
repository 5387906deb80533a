package rpc

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/piecework/piecework/wallet"
)

// Limits of TronGrid's lists.
const (
	MaxGridPage     = 200       // entries; more are asked for in vain
	MaxGridScan     = 1_000_000 // blocks and transactions that one page looks through; the next one goes on from its fingerprint
	MaxGridTokens   = 1_000     // tokens of an account
	MaxGridHolders  = 10_000    // holders of a token
	defaultGridPage = 20
)

// gridQuery is what the lists have in common.
type gridQuery struct {
	limit              int
	scan               int // how much a page may look through, MaxGridScan
	order              gridOrder
	confirmed          bool // only solid
	unconfirmed        bool // only not solid
	from, to           int64
	block              int64 // -1: any
	event              string
	contract           *wallet.Address // nil: any
	onlyTo, onlyFrom   bool
	internal, detailed bool
	fingerprint        string
}

// gridOrder is what order_by says: "block_timestamp,asc".
type gridOrder struct {
	field     string
	ascending bool
}

// By what lists can be ordered.
var (
	blockOrders  = []string{"", "block_timestamp", "timestamp", "block_number"}
	assetOrders  = []string{"", "id", "total_supply", "start_time", "end_time", "name"}
	holderOrders = []string{"", "balance"}
)

// parseOrder reads order_by, whose direction may be missing: that is descending.
func parseOrder(text string) (o gridOrder, err error) {
	field, direction, _ := strings.Cut(text, ",")
	o.field = strings.TrimSpace(field)
	switch strings.ToLower(strings.TrimSpace(direction)) {
	case "asc":
		o.ascending = true
	case "desc", "":
	default:
		err = fmt.Errorf("order_by: %q is neither asc nor desc", wallet.Clip(direction))
	}
	return o, err
}

// by checks that a list can be ordered so.
func (o gridOrder) by(fields []string) error {
	if !slices.Contains(fields, o.field) {
		return fmt.Errorf("order_by: %q is not one of %s", wallet.Clip(o.field), strings.Join(fields[1:], ", "))
	}
	return nil
}

// gridValues is a query in which a parameter is found by its snake_case and its camelCase name.
type gridValues url.Values

func (v gridValues) get(name string) string {
	if text := url.Values(v).Get(name); text != "" {
		return text
	}
	words := strings.Split(name, "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return url.Values(v).Get(strings.Join(words, ""))
}

func (v gridValues) flag(name string, missing bool) bool {
	text := v.get(name)
	return text == "" && missing || strings.EqualFold(text, "true")
}

// readGridQuery reads the parameters of a list.
func readGridQuery(r *http.Request) (q gridQuery, err error) {
	v := gridValues(r.URL.Query())
	q = gridQuery{limit: defaultGridPage, scan: MaxGridScan, to: latestBlock, block: -1, event: v.get("event_name"), fingerprint: v.get("fingerprint")}
	q.confirmed, q.unconfirmed = v.flag("only_confirmed", false), v.flag("only_unconfirmed", false)
	q.onlyTo, q.onlyFrom = v.flag("only_to", false), v.flag("only_from", false)
	if q.onlyTo && q.onlyFrom { // documented: the two together are neither
		q.onlyTo, q.onlyFrom = false, false
	}
	q.internal, q.detailed = v.flag("search_internal", true), v.flag("get_detail", false)
	if q.confirmed && q.unconfirmed {
		return q, errors.New("only_confirmed and only_unconfirmed cannot be used together")
	}
	if q.order, err = parseOrder(v.get("order_by")); err != nil {
		return q, err
	}
	if text := v.get("contract_address"); text != "" {
		a, err := wallet.ParseAddress(text)
		if err != nil {
			return q, errNoContract
		}
		q.contract = &a
	}
	if text := v.get("limit"); text != "" {
		if q.limit, err = strconv.Atoi(text); err != nil || q.limit < 1 {
			return q, fmt.Errorf("limit: want 1 to %d", MaxGridPage)
		}
		q.limit = min(q.limit, MaxGridPage)
	}
	return q, q.readTimes(v)
}

func (q *gridQuery) readTimes(v gridValues) (err error) {
	for key, into := range map[string]*int64{
		"min_block_timestamp": &q.from, "min_timestamp": &q.from, "max_block_timestamp": &q.to, "max_timestamp": &q.to, "block_number": &q.block,
	} {
		if text := v.get(key); text != "" {
			if *into, err = gridTime(text); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	return nil
}

// gridTime reads milliseconds, or a date as people write it.
func gridTime(text string) (int64, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, fmt.Errorf("%q is neither milliseconds nor a date", wallet.Clip(text))
	}
	return t.UnixMilli(), nil
}

// wants says whether a list is about what went from one address to another, seen by a.
func (q gridQuery) wants(a, from, to []byte) bool {
	sent, got := string(from) == string(a), string(to) == string(a)
	return (sent || got) && !(q.onlyTo && !got) && !(q.onlyFrom && !sent)
}

// pageOf cuts a page out of a list that is there whole. Its fingerprint is how many entries came before.
func (q gridQuery) pageOf(list []any) (page []any, more string, err error) {
	first := 0
	if q.fingerprint != "" {
		if first, err = strconv.Atoi(q.fingerprint); err != nil || first < 0 {
			return nil, "", badFingerprint(q.fingerprint)
		}
	}
	first = min(first, len(list))
	last := min(first+q.limit, len(list))
	if last < len(list) {
		more = strconv.Itoa(last)
	}
	return append([]any{}, list[first:last]...), more, nil
}

func badFingerprint(text string) error { return fmt.Errorf("bad fingerprint %q", wallet.Clip(text)) }
