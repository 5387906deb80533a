package rpc

import (
	"errors"
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
	w.Header().Set("Content-Type", jsonType)
	run := v.get
	switch hr.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		run = v.post
	case http.MethodOptions:
		allow(w, v)
		return
	default:
		s.refuseMethod(w, hr)
		return
	}
	if run == nil {
		s.refuseMethod(w, hr)
		return
	}
	text := reply(&request{Request: hr, node: s, view: view, query: parseValues(hr.URL.RawQuery)}, run)
	if len(text) <= outputBuffer || hr.Method == http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	}
	if hr.Method != http.MethodHead {
		_, _ = w.Write([]byte(text))
	}
}

// reply is the text of an answer with its line's end, which an empty one does not have.
func reply(r *request, run answer) string {
	text, err := run(r)
	if err != nil {
		text = errorText(err)
	}
	if r.wantsText() {
		text = longsAsText(text)
	}
	if text != "" {
		text += "\n"
	}
	return text
}

// refuseMethod is Jetty's answer to a method that a servlet does not have: a page for GET, HEAD and POST, and 501 for what HttpServlet does not know.
func (s *Server) refuseMethod(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete:
	case http.MethodHead: // which asks as GET does
		method = http.MethodGet
	default:
		s.page(w, r, http.StatusNotImplemented, "")
		return
	}
	s.page(w, r, http.StatusMethodNotAllowed, "HTTP method "+method+" is not supported by this URL")
}

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
