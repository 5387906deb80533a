package rpc

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// jettyName is the Server of every answer of java-tron's HTTP ports.
const jettyName = "Jetty(9.4.53.v20231009)"

// outputBuffer is how many bytes of an answer Jetty gathers before it begins to send it in chunks (HttpConfiguration.outputBufferSize).
const outputBuffer = 32768

// Names of servlets in Jetty's error pages: of paths that nobody has, and of those that refuse GET or POST.
const (
	servletNone = "org.eclipse.jetty.servlet.ServletHandler$Default404Servlet"
	servletRPC  = "org.tron.core.services.jsonrpc.JsonRpcServlet"
)

// postOnly names java-tron's servlets that have no doGet.
var postOnly = map[string]string{
	"broadcasthex":            "BroadcastHex",
	"broadcasttransaction":    "Broadcast",
	"cancelallunfreezev2":     "CancelAllUnfreezeV2",
	"createCommonTransaction": "CreateCommonTransaction",
	"createaccount":           "CreateAccount",
	"delegateresource":        "DelegateResource",
	"exchangecreate":          "ExchangeCreate",
	"exchangeinject":          "ExchangeInject",
	"exchangetransaction":     "ExchangeTransaction",
	"exchangewithdraw":        "ExchangeWithdraw",
	"freezebalance":           "FreezeBalance",
	"freezebalancev2":         "FreezeBalanceV2",
	"getaccountbalance":       "GetAccountBalance",
	"getblockbalance":         "GetBlockBalance",
	"updateBrokerage":         "UpdateBrokerage",
}

// servletOf is the class that Jetty names for a path.
func servletOf(path string) string {
	if path == "/jsonrpc" {
		return servletRPC
	}
	if name, ok := postOnly[strings.TrimPrefix(path, "/wallet/")]; ok && strings.HasPrefix(path, "/wallet/") {
		return "org.tron.core.services.http." + name + "Servlet"
	}
	return servletNone
}

// servletName is the class with Object.hashCode behind it, as ServletHolder makes it: a number that each start draws anew.
func (s *Server) servletName(path string) string {
	class, sum := servletOf(path), fnv.New32a()
	_, _ = sum.Write(append(s.instance[:], class...))
	return class + "-" + strconv.FormatUint(uint64(sum.Sum32()&0x7fffffff), 16)
}

// rawPath is the path as it was sent: HttpURI.getPath.
func rawPath(r *http.Request) string {
	raw := r.RequestURI
	if raw == "" { // a request that did not come over a connection
		raw = r.URL.RequestURI()
	}
	if !strings.HasPrefix(raw, "/") {
		if _, rest, ok := strings.Cut(raw, "://"); ok {
			raw = rest[len(rest)-len(strings.TrimLeftFunc(rest, func(c rune) bool { return !strings.ContainsRune("/?#", c) })):]
		}
	}
	if end := strings.IndexAny(raw, "?#"); end >= 0 {
		raw = raw[:end]
	}
	return cmp.Or(raw, "/")
}

// servedPath is the path that servlets are found by: without the parameters of its segments, decoded, and then without "." and ".."
// (URIUtil.canonicalPath). Why it is none is the reason of a bad message.
func servedPath(raw string) (path, why string) {
	if !strings.ContainsAny(raw, "%;\x00") && !strings.Contains(raw, "/.") && utf8.ValidString(raw) {
		return raw, "" // nothing of it is to be read otherwise
	}
	segments := strings.Split(raw, "/")
	for i, segment := range segments {
		name, _, parameters := strings.Cut(segment, ";")
		decoded, err := url.PathUnescape(name)
		if err != nil {
			decoded = name
		}
		if parameters && (decoded == "." || decoded == "..") {
			return "", "Ambiguous path parameters"
		}
		segments[i] = decoded
	}
	path, ok := canonical(segments)
	if !ok || strings.ContainsRune(path, 0) || !utf8.ValidString(raw) {
		return "", http.StatusText(http.StatusBadRequest)
	}
	return path, ""
}

// canonical leaves out what "." and ".." say; it is false above the root.
func canonical(segments []string) (string, bool) {
	var kept []string
	last := len(segments) - 1
	for i, segment := range segments {
		switch segment {
		case ".":
		case "..":
			if len(kept) < 2 { // the first is what stands before the first slash: nothing
				return "", false
			}
			kept = kept[:len(kept)-1]
		default:
			kept = append(kept, segment)
			continue
		}
		if i == last {
			kept = append(kept, "")
		}
	}
	return strings.Join(kept, "/"), true
}

// badMessage is what Jetty says to what it cannot read as a request, and closes the connection.
func badMessage(w http.ResponseWriter, why string) {
	h := w.Header()
	h.Set("Content-Type", htmlType)
	h.Set("Connection", "close")
	h["Date"] = nil
	text := "<h1>Bad Message 400</h1><pre>reason: " + why + "</pre>"
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write([]byte(text))
}

// allow is the answer to OPTIONS: HttpServlet.doOptions names what a servlet has.
func allow(w http.ResponseWriter, v servlet) {
	var methods []string
	if v.get != nil {
		methods = append(methods, http.MethodGet, http.MethodHead)
	}
	if v.post != nil {
		methods = append(methods, http.MethodPost)
	}
	w.Header().Set("Allow", strings.Join(append(methods, http.MethodTrace, http.MethodOptions), ", "))
}

// page is an error page of Jetty (ErrorHandler): for GET, HEAD and POST alone, in what the asker takes, and nothing when it takes none of them.
// An error has no Date.
func (s *Server) page(w http.ResponseWriter, r *http.Request, status int, why string) {
	h := w.Header()
	h.Del("Content-Type")
	h["Date"] = nil
	var text string
	if r.Method == http.MethodGet || r.Method == http.MethodPost || r.Method == http.MethodHead {
		h.Set("Cache-Control", "must-revalidate,no-cache,no-store")
		kind, format := pageFormat(r)
		if format != nil {
			raw := rawPath(r)
			path, _ := servedPath(raw)
			h.Set("Content-Type", kind)
			text = format(status, why, raw, s.servletName(path))
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}

// pageFormat chooses by the Accept header: the best that ErrorHandler.generateAcceptableResponse knows, by quality and then by how much it says.
func pageFormat(r *http.Request) (kind string, format func(status int, why, path, servlet string) string) {
	accepted := r.Header.Values("Accept")
	if len(accepted) == 0 {
		return htmlType, htmlPage
	}
	for _, kind := range byQuality(accepted) {
		switch kind {
		case "text/html", "text/*", "*/*":
			return htmlType, htmlPage
		case "application/json", "text/json":
			return kind, jsonPage
		case "text/plain":
			return "text/plain;charset=iso-8859-1", textPage
		}
	}
	return "", nil
}

// byQuality is QuotedQualityCSV with MOST_SPECIFIC_MIME_ORDERING: what has no quality, or one that is no number, is left out or 0.
func byQuality(headers []string) []string {
	type mediaRange struct {
		kind    string
		quality float64
		detail  int
	}
	var all []mediaRange
	for entry := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		parts := strings.Split(entry, ";")
		one := mediaRange{kind: strings.TrimSpace(parts[0]), quality: 1}
		for _, part := range parts[1:] {
			if name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name == "q" {
				one.quality, _ = strconv.ParseFloat(value, 64)
			} else {
				one.kind += ";" + strings.TrimSpace(part)
			}
		}
		one.detail = detail(one.kind)
		if one.quality > 0 && one.kind != "" {
			all = append(all, one)
		}
	}
	slices.SortStableFunc(all, func(a, b mediaRange) int {
		return cmp.Or(cmp.Compare(b.quality, a.quality), cmp.Compare(b.detail, a.detail))
	})
	kinds := make([]string, len(all))
	for i, one := range all {
		kinds[i] = one.kind
	}
	return kinds
}

// detail is how much a media range says.
func detail(kind string) int {
	switch {
	case kind == "*/*":
		return 0
	case strings.HasSuffix(kind, "/*"):
		return 1
	case !strings.Contains(kind, ";"):
		return 2
	}
	return 3
}

var escapeXML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&apos;", `"`, "&quot;")

// sanitized is StringUtil.sanitizeXmlString.
func sanitized(text string) string {
	return escapeXML.Replace(strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return '?'
		}
		return c
	}, text))
}

func htmlPage(status int, why, path, servlet string) string {
	return fmt.Sprintf(errorPage, status, why, sanitized(path), servlet)
}

// errorPage takes a status, its reason, a path and a servlet.
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
<tr><th>SERVLET:</th><td>%[4]s</td></tr>
</table>
<hr/><a href="https://eclipse.org/jetty">Powered by Jetty:// 9.4.53.v20231009</a><hr/>

</body>
</html>
`

func textPage(status int, why, path, servlet string) string {
	return fmt.Sprintf("HTTP ERROR %[1]d %[2]s\nURI: %[3]s\nSTATUS: %[1]d\nMESSAGE: %[2]s\nSERVLET: %[4]s\n", status, why, path, servlet)
}

func jsonPage(status int, why, path, servlet string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(sanitized(path))
	return fmt.Sprintf("{\n\"servlet\":\"%s\",\n\"message\":\"%s\",\n\"url\":\"%s\",\n\"status\":\"%d\"\n}", servlet, why, quoted, status)
}
