package javajson

import (
	"strconv"
	"strings"
)

// BadCast is the ClassCastException of a value that is taken for another of fastjson's kinds, in the words of Java 17.
func BadCast(value, wanted any) *Exception { return badCast(javaClass(value), javaClass(wanted)) }

// NoString is the ClassCastException of an element of a list that Jackson read and that is no String.
func NoString(raw []byte) *Exception { return badCast(jacksonClass(string(raw)), "java.lang.String") }

func badCast(from, to string) *Exception {
	where := "(" + from + " and " + to + " are in unnamed module of loader 'app')"
	switch {
	case strings.HasPrefix(from, "java.") && strings.HasPrefix(to, "java."):
		where = "(" + from + " and " + to + " are in module java.base of loader 'bootstrap')"
	case strings.HasPrefix(from, "java."):
		where = "(" + from + " is in module java.base of loader 'bootstrap'; " + to + " is in unnamed module of loader 'app')"
	}
	return Throw(ClassCast, "class "+from+" cannot be cast to class "+to+" "+where)
}

// javaClass is the class that fastjson makes of a value.
func javaClass(value any) string {
	switch v := value.(type) {
	case *Object:
		return "com.alibaba.fastjson.JSONObject"
	case Array:
		return "com.alibaba.fastjson.JSONArray"
	case bool:
		return "java.lang.Boolean"
	case Number:
		return numberClass(string(v))
	}
	return "java.lang.String"
}

// numberClass is the smallest class that holds a number.
func numberClass(text string) string {
	if strings.ContainsAny(text, ".eE") {
		return "java.math.BigDecimal"
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return "java.math.BigInteger"
	case n != int64(int32(n)):
		return "java.lang.Long"
	}
	return "java.lang.Integer"
}

// jacksonClass is the class that Jackson makes of a JSON value.
func jacksonClass(text string) string {
	switch {
	case strings.HasPrefix(text, "{"):
		return "java.util.LinkedHashMap"
	case strings.HasPrefix(text, "["):
		return "java.util.ArrayList"
	case text == "true", text == "false":
		return "java.lang.Boolean"
	case strings.ContainsAny(text, ".eE"):
		return "java.lang.Double"
	}
	return numberClass(text)
}
