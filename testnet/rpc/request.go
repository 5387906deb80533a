package rpc

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
)

// MaxBody is the most bytes of a request's body: java-tron's node.rpc.maxMessageSize.
const MaxBody = 4 << 20

// maxRead is the most that is read of a body that is too big, so that the answer can still say so.
const maxRead = MaxBody + 64<<10

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json;charset=utf-8"
	htmlType = "text/html;charset=iso-8859-1"
)

// request is one question to a servlet.
type request struct {
	*http.Request
	node  *Server
	view  chain.View
	query values
	form  values // of a body that is a form; read once
	body  string // with its lines joined as java-tron joins them
	read  bool
}

// text reads the body as request.getReader().lines() joined by line feeds.
func (r *request) text() (string, error) {
	if r.read {
		return r.body, nil
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxRead))
	if err != nil {
		return "", javajson.Throw("java.io.IOException", err.Error())
	}
	text := decoded(raw, r.Header.Get("Content-Type"))
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	r.body, r.read = strings.TrimSuffix(text, "\n"), true
	return r.body, nil
}

// checkedText is text with Util.checkBodySize.
func (r *request) checkedText() (string, error) {
	text, err := r.text()
	if err == nil && len(text) > MaxBody {
		err = javajson.TooBig("body size is too big, the limit is 4194304")
	}
	return text, err
}

// decoded reads a body in the charset that Jetty takes it for: UTF-8 for JSON and when told so, Latin-1 otherwise.
func decoded(raw []byte, contentType string) string {
	lower := strings.ToLower(contentType)
	if strings.Contains(lower, "json") || strings.Contains(lower, "utf-8") || isASCII(raw) {
		return strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	runes := make([]rune, len(raw))
	for i, b := range raw {
		runes[i] = rune(b)
	}
	return string(runes)
}

func isASCII(raw []byte) bool {
	for _, b := range raw {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// posted is PostParams.getPostParams: the body as JSON, a form turned into JSON, and its visible.
func (r *request) posted() (text string, visible bool, err error) {
	if text, err = r.checkedText(); err != nil {
		return "", false, err
	}
	if r.Header.Get("Content-Type") == formType {
		if text, err = formJSON(text); err != nil {
			return "", false, err
		}
	}
	visible, err = visibleIn(text)
	return text, visible, err
}

// plain is what servlets do that do not know forms.
func (r *request) plain() (text string, visible bool, err error) {
	if text, err = r.checkedText(); err != nil {
		return "", false, err
	}
	visible, err = visibleIn(text)
	return text, visible, err
}

// visibleIn is Util.getVisiblePost.
func visibleIn(text string) (bool, error) {
	if strings.TrimSpace(text) == "" {
		return false, nil
	}
	o, err := object(text)
	if err != nil {
		return false, err
	}
	return o.Bool("visible"), nil
}

// object is JSON.parseObject for those who go on to use it: null is a NullPointerException.
func object(text string) (*javajson.Object, error) {
	o, err := javajson.ParseObject(text)
	if err == nil && o == nil {
		err = javajson.Null()
	}
	return o, err
}

// formJSON is Util.getJsonString: what is no JSON is taken for a form, all its values for strings.
func formJSON(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if _, err := javajson.Parse(text); err == nil {
		return text, nil
	}
	if bad := badEscape.FindString(text); bad != "" {
		return "", javajson.Throw(javajson.IllegalArgument, "Not valid encoding '"+bad+"'")
	}
	o := javajson.NewObject()
	form := parseValues(text)
	for _, key := range form.keys {
		if all := form.all[key]; len(all) == 1 {
			o.Put(key, all[0])
		} else {
			list := javajson.Array{}
			for _, v := range all {
				list = append(list, v)
			}
			o.Put(key, list)
		}
	}
	return o.String(), nil
}

// badEscape is a percent sign that two letters follow which are no hex.
var badEscape = regexp.MustCompile(`%(?:[^0-9A-Fa-f].|[0-9A-Fa-f][^0-9A-Fa-f])`)

// param is request.getParameter: of the query, or of a posted form.
func (r *request) param(key string) (string, bool) {
	if v, ok := r.query.first(key); ok {
		return v, true
	}
	if r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), formType) {
		if r.form.all == nil {
			text, err := r.text()
			if err != nil {
				return "", false
			}
			r.form = parseValues(text)
		}
		return r.form.first(key)
	}
	return "", false
}

// visibleParam is Util.getVisible.
func (r *request) visibleParam() bool {
	v, _ := r.param("visible")
	return strings.EqualFold(strings.TrimSpace(v), "true") && strings.EqualFold(v, "true")
}

// values are the pairs of a query string or a form, in order.
type values struct {
	keys []string
	all  map[string][]string
}

func (v values) first(key string) (string, bool) {
	if list := v.all[key]; len(list) > 0 {
		return list[0], true
	}
	return "", false
}

// parseValues reads pairs as Jetty does: a key without = has the empty value, a bad escape stays as it is.
func parseValues(text string) values {
	v := values{all: map[string][]string{}}
	for _, pair := range strings.Split(text, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		key = unescaped(key)
		if _, ok := v.all[key]; !ok {
			v.keys = append(v.keys, key)
		}
		v.all[key] = append(v.all[key], unescaped(value))
	}
	return v
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return strings.ToValidUTF8(plain, "\uFFFD")
	}
	return s
}
