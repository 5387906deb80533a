package rpc

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/actuator"
	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// answer makes the text of an answer. An error becomes java-tron's {"Error":"class … : …"}.
type answer func(r *request) (string, error)

// servlet is one path. A missing method is 405, as in java-tron; none means "answers with nothing".
type servlet struct{ get, post answer }

// nothing is the empty doGet that java-tron's builders have.
func nothing(*request) (string, error) { return "", nil }

// both answers GET and POST alike: the servlets whose doPost is doGet.
func both(a answer) servlet { return servlet{a, a} }

// missing is what java-tron prints for null.
const missing = "{}"

// serve runs a servlet the way Jetty does.
func (s *Server) serve(w http.ResponseWriter, hr *http.Request, v servlet, view chain.View) {
	r := &request{Request: hr, node: s, view: view, query: parseValues(hr.URL.RawQuery)}
	w.Header().Set("Content-Type", jsonType)
	var run answer
	switch hr.Method {
	case http.MethodGet:
		run = v.get
	case http.MethodPost:
		run = v.post
	case http.MethodHead:
		if v.get == nil {
			s.refuseMethod(w, hr)
		}
		return
	case http.MethodOptions:
		return
	case http.MethodPut, http.MethodDelete:
		w.Header().Del("Content-Type")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	default:
		w.Header().Del("Content-Type")
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	if run == nil {
		s.refuseMethod(w, hr)
		return
	}
	text, err := run(r)
	if err != nil {
		text = errorText(err)
	}
	if r.wantsText() {
		text = longsAsText(text)
	}
	if text != "" {
		_, _ = w.Write(append([]byte(text), '\n'))
	}
}

// refuseMethod is Jetty's page for a method that a servlet does not have.
func (s *Server) refuseMethod(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead { // which asks as GET does
		method = http.MethodGet
	}
	page(w, r, http.StatusMethodNotAllowed, "HTTP method "+method+" is not supported by this URL")
}

// page is an error page of Jetty.
func page(w http.ResponseWriter, r *http.Request, status int, why string) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost && r.Method != http.MethodHead {
		w.Header().Del("Content-Type")
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", htmlType)
	w.Header().Set("Cache-Control", "must-revalidate,no-cache,no-store")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, errorPage, status, why, html.EscapeString(r.URL.Path))
}

// errorPage takes a status, its reason and a path. Jetty also names its servlet, with a number that each start of a node draws anew.
const errorPage = `<html>
<head>
<meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>
<title>Error %[1]d %[2]s</title>
</head>
<body><h2>HTTP ERROR %[1]d %[2]s</h2>
<table>
<tr><th>URI:</th><td>%[3]s</td></tr>
<tr><th>STATUS:</th><td>%[1]d</td></tr>
<tr><th>MESSAGE:</th><td>%[2]s</td></tr>
</table>
<hr/><a href="https://eclipse.org/jetty">Powered by Jetty:// 9.4.53.v20231009</a><hr/>

</body>
</html>
`

// errorText is Util.printErrorMsg.
func errorText(err error) string {
	return javajson.NewObject().Put("Error", "class "+thrownText(err)).String()
}

// thrownText is "<class> : <message>" of what java-tron would have thrown.
func thrownText(err error) string {
	var thrown *javajson.Exception
	if errors.As(err, &thrown) {
		return thrown.Error()
	}
	refused := actuator.AsError(err)
	text := refused.Text
	if refused.Kind == actuator.NullPointer && text == "" {
		text = "null"
	}
	return refused.Class() + " : " + text
}

// isNil says whether a message is a nil pointer in an interface.
func isNil(m proto.Message) bool { return m == nil || !m.ProtoReflect().IsValid() }

// show prints a message, {} for none.
func show(m proto.Message, visible bool) string {
	if isNil(m) {
		return missing
	}
	return javajson.Print(m, visible)
}

// asked makes a POST answer of a servlet that reads a message with JsonFormat.
func asked[M any, P interface {
	*M
	proto.Message
}](reply func(r *request, question P, visible bool) (string, error),
) answer {
	return func(r *request) (string, error) {
		text, visible, err := r.posted()
		if err != nil {
			return "", err
		}
		question := P(new(M))
		if err := javajson.Merge(text, question, visible); err != nil {
			return "", err
		}
		return reply(r, question, visible)
	}
}

// merged makes a GET answer of a servlet that puts parameters into JSON and reads that.
func merged[M any, P interface {
	*M
	proto.Message
}](keys []string, reply func(r *request, question P, visible bool) (string, error),
) answer {
	return func(r *request) (string, error) {
		o := javajson.NewObject()
		for _, key := range keys {
			if v, ok := r.param(key); ok {
				o.Put(key, v)
			}
		}
		question, visible := P(new(M)), r.visibleParam()
		if err := javajson.Merge(o.String(), question, visible); err != nil {
			return "", err
		}
		return reply(r, question, visible)
	}
}

// listed makes both answers of a servlet that asks nothing but visible, in the query.
func listed(reply func(r *request) proto.Message) servlet {
	return both(func(r *request) (string, error) { return show(reply(r), r.visibleParam()), nil })
}

// address reads a parameter that is hex, or base58 when visible.
func (r *request) address(key string, visible bool) ([]byte, error) {
	text, ok := r.param(key)
	return addressBytes(text, ok, visible)
}

// addressBytes is Util.getHexAddress and ByteArray.fromHexString: base58 that is no address is nothing, not an error.
func addressBytes(text string, ok, visible bool) ([]byte, error) {
	if !visible {
		return javajson.HexBytes(text, ok)
	}
	return javajson.Base58(text, ok)
}

// number is Long.parseLong of a parameter.
func (r *request) number(key string) (int64, error) {
	text, ok := r.param(key)
	if !ok {
		return 0, javajson.Throw(javajson.NumberFormat, "null")
	}
	return parseLong(text, 64)
}

func parseLong(text string, bits int) (int64, error) {
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		return 0, javajson.Throw(javajson.NumberFormat, `For input string: "`+text+`"`)
	}
	return n, nil
}

// mergedBytes reads one parameter the way it is read after having been put into JSON.
func mergedBytes(key, value string, visible bool) ([]byte, error) {
	q := &tronpb.BytesMessage{}
	err := javajson.Merge(javajson.NewObject().Put(key, value).String(), q, visible)
	return q.GetValue(), err
}
