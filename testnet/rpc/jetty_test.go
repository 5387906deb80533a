package rpc

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/piecework/piecework/testnet/explorer"
)

// anyNumber is the number behind a servlet's class, which each start draws anew.
var anyNumber = regexp.MustCompile(`Servlet-[0-9a-f]{1,8}`)

// jettyAnswer is what a server with an explorer says to raw bytes, without the numbers.
func jettyAnswer(t *testing.T, request string) (status int, header http.Header, text string) {
	t.Helper()
	f := newFixture(t, Config{})
	f.config.Else = explorer.New(f.chain, nil)
	conn := narrow(t, f, 64<<10)
	fmt.Fprint(conn, request)
	method, _, _ := strings.Cut(request, " ")
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, anyNumber.ReplaceAllString(string(raw), "Servlet-N")
}

const none404 = "org.eclipse.jetty.servlet.ServletHandler$Default404Servlet-N"

// TestJettyPages: the requests and answers are those of a running java-tron 4.8.0 (Jetty 9.4.53), headers included.
func TestJettyPages(t *testing.T) {
	jsonNone := func(url, why string, status int) string {
		return fmt.Sprintf("{\n\"servlet\":\"%s\",\n\"message\":\"%s\",\n\"url\":\"%s\",\n\"status\":\"%d\"\n}", none404, why, url, status)
	}
	const noPost = "HTTP method POST is not supported by this URL"
	for _, c := range []struct {
		line, header string
		status       int
		kind, text   string
	}{
		{"GET /nope?a=b", "", 404, htmlType, htmlPage(404, "Not Found", "/nope", none404)},
		{"GET /a%20b'c", "", 404, htmlType, htmlPage(404, "Not Found", "/a%20b'c", none404)},
		{"POST /nope", "", 405, htmlType, htmlPage(405, noPost, "/nope", none404)},
		{"POST /", "", 405, htmlType, htmlPage(405, noPost, "/", none404)},
		{"GET /jsonrpc", "", 405, htmlType, htmlPage(405, "HTTP method GET is not supported by this URL", "/jsonrpc", servletRPC+"-N")},
		{
			"GET /wallet/broadcasttransaction", "", 405, htmlType,
			htmlPage(405, "HTTP method GET is not supported by this URL", "/wallet/broadcasttransaction", "org.tron.core.services.http.BroadcastServlet-N"),
		},
		{"GET /nope", "Accept: application/json, text/plain, */*\r\n", 404, "application/json", jsonNone("/nope", "Not Found", 404)},
		{"POST /wallet/x", "Accept: */*, text/json\r\n", 405, "text/json", jsonNone("/wallet/x", noPost, 405)},
		{"GET /nope", "Accept: text/plain;q=0.9,*/*;q=0.1\r\n", 404, "text/plain;charset=iso-8859-1", textPage(404, "Not Found", "/nope", none404)},
		{"GET /nope", "Accept: text/html;level=1\r\n", 404, "", ""},
		{"GET /nope", "Accept: application/json;q=0\r\n", 404, "", ""},
		{"PUT /nope", "", 405, "", ""},
		{"PUT /wallet/getnowblock", "", 405, "", ""},
		{"FOO /wallet/nope", "", 501, "", ""},
		{"GET /..", "", 400, htmlType, "<h1>Bad Message 400</h1><pre>reason: Bad Request</pre>"},
		{"GET /nope%00", "", 400, htmlType, "<h1>Bad Message 400</h1><pre>reason: Bad Request</pre>"},
		{"GET /a/..;b/c", "", 400, htmlType, "<h1>Bad Message 400</h1><pre>reason: Ambiguous path parameters</pre>"},
	} {
		status, header, text := jettyAnswer(t, c.line+" HTTP/1.1\r\nHost: x\r\n"+c.header+"\r\n")
		if status != c.status || header.Get("Content-Type") != c.kind || text != c.text {
			t.Errorf("%s %s: %d %q %q\nwant %d %q %q", c.line, c.header, status, header.Get("Content-Type"), text, c.status, c.kind, c.text)
		}
		if header.Get("Server") != jettyName || header["Date"] != nil {
			t.Errorf("%s: %v", c.line, header)
		}
	}
}

// TestJettyPaths: parameters of segments do not count, and a path is made canonical before it is looked up; both as in java-tron.
func TestJettyPaths(t *testing.T) {
	f := newFixture(t, Config{})
	for path, want := range map[string]int{
		"/wallet/./getburntrx": 200, "/foo/../wallet/getburntrx": 200, "/foo/%2e%2e/wallet/getburntrx": 200, "/wallet/%2e/getburntrx": 200,
		"/wallet;a/getburntrx;x=1": 200, "/wallet/getburn%74rx": 200, "/wallet/getburntrx;": 200,
		"/wallet/getburntrx/": 404, "/wallet/getburntrx/.": 404, "/wallet/getburntrx/x/..": 404, "//wallet/getburntrx": 404, "/;/wallet/getburntrx": 404,
		"/wallet/getburntrx%3bx": 404, "/a//../wallet/getburntrx": 404, "/wallet/..": 404, "/wallet/../..": 400,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.RequestURI = path
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

// TestJettyHeaders: OPTIONS names the methods, HEAD has the length of what GET would say, and an answer says how long it is unless it is longer than
// Jetty's buffer.
func TestJettyHeaders(t *testing.T) {
	for _, c := range []struct{ line, name, want string }{
		{"OPTIONS /wallet/getburntrx", "Allow", "GET, HEAD, POST, TRACE, OPTIONS"},
		{"OPTIONS /wallet/broadcasttransaction", "Allow", "POST, TRACE, OPTIONS"},
		{"OPTIONS /jsonrpc", "Allow", "POST, TRACE, OPTIONS"},
		{"OPTIONS /nope", "Allow", "GET, HEAD, TRACE, OPTIONS"},
		{"OPTIONS /nope", "Content-Type", ""},
		{"HEAD /wallet/getburntrx", "Content-Length", "21"},
		{"GET /wallet/getchainparameters", "Transfer-Encoding", ""},
		{"GET /wallet/getburntrx", "Server", jettyName},
		{"POST /jsonrpc", "Server", jettyName},
		{"GET /health", "Server", ""},
		{"GET /explorer/", "Server", ""},
		{"GET /", "Location", "/explorer/"},
	} {
		_, header, _ := jettyAnswer(t, c.line+" HTTP/1.1\r\nHost: x\r\n\r\n")
		if got := header.Get(c.name); got != c.want {
			t.Errorf("%s: %s %q, want %q", c.line, c.name, got, c.want)
		}
	}
}
