package rpc

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet"
	"github.com/piecework/piecework/wallet/tronpb"
)

func getAccount(r *request, q *tronpb.Account, visible bool) (string, error) {
	return accountText(r.node.chain.Account(r.view, q.GetAddress()), visible), nil
}

func getAccountByID(r *request, q *tronpb.Account, visible bool) (string, error) {
	return accountText(r.node.chain.AccountByID(r.view, q.GetAccountId()), visible), nil
}

// accountText is Util.printAccount: without visible the id of the issued token is text all the same.
func accountText(a *tronpb.Account, visible bool) string {
	if a == nil || visible || len(a.GetAssetIssued_ID()) == 0 {
		return show(a, visible)
	}
	return javajson.ObjectOf(a, false).Put("asset_issued_ID", string(a.GetAssetIssued_ID())).String()
}

// byAddress is a servlet that is asked with an address: by parameter in GET, in a message in POST.
func byAddress(key string, reply func(r *request, address []byte, visible bool) (string, error)) servlet {
	return servlet{
		get: func(r *request) (string, error) {
			visible := r.visibleParam()
			address, err := r.address(key, visible)
			if err != nil {
				return "", err
			}
			return reply(r, address, visible)
		},
		post: asked(func(r *request, q *tronpb.Account, visible bool) (string, error) {
			return reply(r, q.GetAddress(), visible)
		}),
	}
}

func getAccountNet(r *request, address []byte, visible bool) (string, error) {
	return show(r.node.chain.AccountNet(r.view, address), visible), nil
}

func getAccountResource(r *request, address []byte, visible bool) (string, error) {
	return show(r.node.chain.AccountResource(r.view, address), visible), nil
}

// postAccountResource reads the address with fastjson, unlike its neighbours.
func postAccountResource(r *request) (string, error) {
	text, visible, err := r.posted()
	if err != nil {
		return "", err
	}
	o, err := object(text)
	if err != nil {
		return "", err
	}
	value, ok := o.Text("address")
	address, err := addressBytes(value, ok, visible)
	if err != nil {
		return "", err
	}
	return getAccountResource(r, address, visible)
}

// validateAddress never looks at visible.
func validateAddress(text string, ok bool) string {
	result, message := checkAddress(text, ok)
	return javajson.NewObject().Put("result", result).Put("message", message).String()
}

func checkAddress(text string, ok bool) (bool, any) {
	var raw []byte
	var err error
	message, length := "", javajson.Length(text)
	switch {
	case !ok:
		return false, `null`
	case length == 2*len(wallet.Address{}):
		message = "Hex string format"
		raw, err = javajson.HexBytes(text, true)
	case length == 34:
		message = "Base58check format"
		raw, err = javajson.Base58(text, true)
	case length == 28:
		message = "Base64 format"
		raw, err = base64.StdEncoding.DecodeString(text)
	default:
		return false, "Length error"
	}
	var thrown *javajson.Exception
	switch {
	case errors.As(err, &thrown):
		return false, thrown.Message
	case err != nil:
		return false, "Illegal base64 character " + strconv.FormatInt(int64(firstBad64(text)), 16)
	}
	if _, err := wallet.AddressFromBytes(raw); err != nil {
		return false, "Invalid address"
	}
	return true, message
}

func firstBad64(text string) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
	for i := range len(text) {
		if !strings.ContainsRune(alphabet, rune(text[i])) {
			return text[i]
		}
	}
	return '='
}

var validateAddressServlet = servlet{
	get: func(r *request) (string, error) { return validateAddress(r.param("address")), nil },
	post: func(r *request) (string, error) {
		text, err := r.checkedText()
		if err != nil {
			return "", nil // java-tron only logs it
		}
		o, err := object(text)
		if err != nil {
			return "", nil
		}
		return validateAddress(o.Text("address")), nil
	},
}

// rewardAddress is Util.getAddress: hex that begins with 41, base58 otherwise, from the query, a form or JSON.
func (r *request) rewardAddress() ([]byte, error) {
	text, ok, err := r.rewardParam()
	if err != nil || !ok || strings.TrimSpace(text) == "" {
		return nil, err
	}
	if strings.HasPrefix(text, hex.EncodeToString([]byte{wallet.AddressPrefix})) {
		return javajson.DecodeHex(text)
	}
	return javajson.Base58(text, true)
}

func (r *request) rewardParam() (string, bool, error) {
	contentType := r.Header.Get("Content-Type")
	if r.Method == "GET" || strings.Contains(contentType, formType) {
		text, ok := r.param("address")
		return text, ok, nil
	}
	if strings.TrimSpace(contentType) == "" {
		return "", false, nil
	}
	text, err := r.text()
	if err != nil || strings.TrimSpace(text) == "" {
		return "", false, err
	}
	o, err := javajson.ParseObject(strings.ReplaceAll(text, "\n", "")) // Util.getRequestValue joins lines by nothing
	if err != nil || o == nil {
		return "", false, err
	}
	value, ok := o.Text("address")
	return value, ok, nil
}

// illegalArguments are the exceptions that count as one; the last is of a bad escape in the body.
var illegalArguments = []string{javajson.DecoderException, javajson.IllegalArgument, javajson.NumberFormat}

// rewarded answers getReward and getBrokerage, which have an error text of their own for bad addresses.
func rewarded(name string, reply func(r *request, address []byte) int64) servlet {
	return both(func(r *request) (string, error) {
		address, err := r.rewardAddress()
		var thrown *javajson.Exception
		if errors.As(err, &thrown) && slices.Contains(illegalArguments, thrown.Class) {
			return `{"Error": "INVALID address, ` + thrown.Message + `"}`, nil
		}
		if err != nil {
			return "", err
		}
		var value int64
		if address != nil {
			value = reply(r, address)
		}
		return `{"` + name + `": ` + strconv.FormatInt(value, 10) + "}", nil
	})
}

func reward(r *request, address []byte) int64    { return int64(r.node.chain.Reward(r.view, address)) }
func brokerage(r *request, address []byte) int64 { return r.node.chain.Brokerage(r.view, address) }
