package testnet

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// reductions are the forms in which cases record an answer: whole, without the echoed transaction, one part of it, its keys, or its shape.
func reductions(have, want any) []any {
	list := []any{have}
	object, ok := have.(map[string]any)
	if ok {
		without := func(pattern string) map[string]any {
			out := map[string]any{}
			for k, v := range object {
				if !regexp.MustCompile(pattern).MatchString(k) {
					out[k] = v
				}
			}
			return out
		}
		list = append(list, without("^transaction$"), without("^txid$"), without("asset_net|latest_asset"))
		list = append(list, summaries(object)...)
		for _, part := range []string{"block_header", "address", "balance", "Error", "error", "result", "witnesses"} {
			if v, ok := object[part]; ok {
				list = append(list, v, map[string]any{part: v})
			}
		}
		keys := []any{}
		for _, k := range sortedKeys(object) {
			keys = append(keys, k)
		}
		list = append(list, keys)
		if header, ok := object["block_header"].(map[string]any); ok {
			rest, _ := header["raw_data"].(map[string]any)
			copied := map[string]any{}
			for k, v := range rest {
				if k != "timestamp" {
					copied[k] = v
				}
			}
			changed := map[string]any{}
			for k, v := range object {
				changed[k] = v
			}
			changed["block_header"] = map[string]any{"raw_data": copied}
			list = append(list, changed)
		}
	}
	if _, isBool := want.(bool); isBool && ok {
		list = append(list, true)
	}
	if items, ok := have.([]any); ok && len(items) > 0 {
		list = append(list, items[:1])
	}
	return append(list, settled(have))
}

var place = regexp.MustCompile(`ParseException : \d+:\d+:`)

// summaries are what the cases about JSON-RPC keep of an answer.
func summaries(object map[string]any) []any {
	var list []any
	with := func(result any) {
		out := maps.Clone(object)
		out["result"] = result
		list = append(list, out)
	}
	switch result := object["result"].(type) {
	case []any:
		with("<logs>")
		with("<hashes>")
	case string:
		with("<quantity>")
	case map[string]any:
		block := maps.Clone(result)
		for _, total := range []string{"gasUsed", "gasLimit", "size", "logsBloom"} {
			delete(block, total)
		}
		with(block)
		block = maps.Clone(block)
		block["transactions"] = []any{}
		with(block)
		keys := []any{}
		for _, k := range sortedKeys(result) {
			keys = append(keys, k)
		}
		list = append(list, map[string]any{"result": keys})
	}
	return list
}

// maskPlaces takes places in a request's text out of what was recorded.
func maskPlaces(value any) any {
	switch v := value.(type) {
	case string:
		return place.ReplaceAllString(v, "ParseException : L:C:")
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = maskPlaces(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, item := range v {
			out[k] = maskPlaces(item)
		}
		return out
	}
	return value
}

// settled leaves the text of a null pointer out, as the cases about JSON-RPC do.
func settled(have any) any {
	object, _ := have.(map[string]any)
	failure, _ := object["error"].(map[string]any)
	data, _ := failure["data"].(map[string]any)
	class, _ := data["exceptionTypeName"].(string)
	if !strings.HasSuffix(class, "NullPointerException") {
		return have
	}
	failure, data, object = maps.Clone(failure), maps.Clone(data), maps.Clone(object)
	failure["message"], data["message"] = "<null>", "<null>"
	failure["data"], object["error"] = data, failure
	return object
}

// difference is the first way in which two values differ.
func difference(path string, want, have any) string {
	w, ok1 := want.(map[string]any)
	h, ok2 := have.(map[string]any)
	if ok1 && ok2 {
		for _, k := range sortedKeys(w) {
			if _, ok := h[k]; !ok {
				return fmt.Sprintf("%s.%s: missing, want %v", path, k, w[k])
			}
			if d := difference(path+"."+k, w[k], h[k]); d != "" {
				return d
			}
		}
		for _, k := range sortedKeys(h) {
			if _, ok := w[k]; !ok {
				return fmt.Sprintf("%s.%s: unexpected %v", path, k, h[k])
			}
		}
		return ""
	}
	wl, ok1 := want.([]any)
	hl, ok2 := have.([]any)
	if ok1 && ok2 {
		for i := range min(len(wl), len(hl)) {
			if d := difference(fmt.Sprintf("%s[%d]", path, i), wl[i], hl[i]); d != "" {
				return d
			}
		}
		if len(wl) != len(hl) {
			return fmt.Sprintf("%s: %d entries, want %d", path, len(hl), len(wl))
		}
		return ""
	}
	if !same(want, have) {
		return fmt.Sprintf("%s: %v, want %v", path, have, want)
	}
	return ""
}
