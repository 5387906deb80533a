package javajson

import (
	"strconv"
	"strings"
)

// BadCast is the ClassCastException of a value that is taken for another of fastjson's kinds, in the words of Java 17.
func BadCast(value, wanted any) *Exception {
	from, to := javaClass(value), javaClass(wanted)
	where := "(" + from + " and " + to + " are in unnamed module of loader 'app')"
	if strings.HasPrefix(from, "java.") {
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
