package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/piecework/piecework/channel/channelpb"
)

// TestGateway speaks JSON over real HTTP: ids in hex, the same checks as over gRPC, reasons in the errors, streams line by line.
func TestGateway(t *testing.T) {
	w := newWorld(t, nil)
	handler, err := w.api.Gateway(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	ask := func(method, path, token, body string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		request.Header.Set("Grpc-Metadata-Piecework-Forwarded", "203.0.113.9")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	voucher, err := protojson.Marshal(w.voucherPayment(7))
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("%x", id(w.in))
	held, old := w.voucher(8).Signature, w.voucher(6).Signature
	signature := held[:]
	for _, c := range []struct {
		method, path, token, body string
		code                      int
		has                       string
	}{
		{"GET", "/v1/quote", "", "", 200, `"chainId":7`},
		{"GET", "/v1/channels/" + name, "", "", 200, `"id":"` + name + `"`},
		{"GET", "/v1/channels/" + strings.Repeat("0", 64), "", "", 404, "UNKNOWN_CHANNEL"},
		{"GET", "/v1/channels", "", "", 401, "NO_TOKEN"},
		{"GET", "/v1/channels?live=true", operatorToken, "", 200, name},
		{"POST", "/v1/payments", "", `{"channel":"` + name + `","payment":` + string(voucher) + `}`, 200, `"paid":"7"`},
		{"POST", "/v1/payments", "", fmt.Sprintf(`{"channel":"0x%s","payment":{"voucher":{"cumulative":"8","signature":"%x"}}}`, name, signature), 200, `"paid":"8"`},
		{"POST", "/v1/payments", "", fmt.Sprintf(`{"channel":"%s","payment":{"voucher":{"cumulative":"9","signature":"%x"}}}`, name, signature), 400, "BAD_SIGNATURE"},
		{"POST", "/v1/payments", "", fmt.Sprintf(`{"channel":"%s","payment":{"voucher":{"cumulative":"6","signature":"%x"}}}`, name, old[:]), 400, "STALE_VOUCHER"},
		{"POST", "/v1/payments", "", `{"chanel":"x"}`, 400, "chanel"},
		{"GET", "/v1/channels/" + name + ":sync", "", "", 200, fmt.Sprintf(`"signature":"%x"`, signature)},
		{"POST", "/v1/settlements", operatorToken, `{"channels":["` + name + `"]}`, 200, `"OPERATION_STATE_SOLID"`},
		{"POST", "/v1/settlements", "", `{}`, 401, "NO_TOKEN"},
		{"POST", "/v1/settlements:exportClaimKit", operatorToken, `{}`, 200, fmt.Sprintf(`"signature":"%x"`, signature)},
		{"GET", "/v1/health", "", "", 200, `"serving":true`},
		{"GET", "/openapi.json", "", "", 200, "/v1/channels/{id}"},
		{"GET", "/openapi", "", "", 200, "openapi.json"},
		{"GET", "/v1/nothing", "", "", 404, ""},
		{"POST", "/v1/payments", "", strings.Repeat(" ", 600<<10) + "{}", 400, ""},
	} {
		code, text := ask(c.method, c.path, c.token, c.body)
		if code != c.code || !strings.Contains(text, c.has) {
			t.Errorf("%s %s %.80s: %d %s, want %d with %s", c.method, c.path, c.body, code, text, c.code, c.has)
		}
	}
	w.readStream(server.URL)
}

// readStream reads two events as lines.
func (w *world) readStream(url string) {
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/events?fromSequence=1", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+operatorToken)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	decoder := json.NewDecoder(answer.Body)
	for want := 1; want <= 2; want++ {
		var line struct {
			Result struct{ Event map[string]any }
		}
		if err := decoder.Decode(&line); err != nil {
			w.t.Fatal(err)
		}
		if got := fmt.Sprint(line.Result.Event["sequence"]); got != fmt.Sprint(want) {
			w.t.Errorf("event %s, want %d", got, want)
		}
	}
}

// TestGatewayFromOutside: plaintext over HTTP is for the loopback too.
func TestGatewayFromOutside(t *testing.T) {
	w := newWorld(t, nil)
	handler, err := w.api.Gateway(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodGet, "/v1/quote", nil)
	request.RemoteAddr = "203.0.113.9:4711"
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	if answer.Code != http.StatusForbidden {
		t.Errorf("from outside: %d", answer.Code)
	}
}

// TestOpenAPIIsWhole: every call but the stream both ways has its path.
func TestOpenAPIIsWhole(t *testing.T) {
	for name := range calls {
		operation := strings.Replace(name, ".", "_", 1)
		if has := bytes.Contains(pb.OpenAPI, []byte(`"operationId": "`+operation+`"`)); has != (name != "Payments.Pay") {
			t.Errorf("%s is in the document: %v", name, has)
		}
	}
}
