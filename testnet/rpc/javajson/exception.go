package javajson

// Classes of Java's exceptions that clients get to see.
const (
	ParseException       = "org.tron.core.services.http.JsonFormat$ParseException"
	JSONException        = "com.alibaba.fastjson.JSONException"
	NullPointer          = "java.lang.NullPointerException"
	NumberFormat         = "java.lang.NumberFormatException"
	Arithmetic           = "java.lang.ArithmeticException"
	IllegalArgument      = "java.lang.IllegalArgumentException"
	ClassCast            = "java.lang.ClassCastException"
	DecoderException     = "org.bouncycastle.util.encoders.DecoderException"
	InvalidParameter     = "java.security.InvalidParameterException"
	InvalidProtocol      = "com.google.protobuf.InvalidProtocolBufferException"
	plainException       = "java.lang.Exception"
	nullText             = "null"
	maxNesting           = 64 // of objects and arrays; java-tron would overflow its stack far deeper, we refuse earlier
	errTooDeep           = "nested too deeply"
	errSyntax            = "syntax error"
	errNotClosed         = "not close json text, token : "
	errCannotCast        = "can not cast to JSONObject."
	errInvalidHex        = "INVALID hex String"
	errExpectedString    = "Expected string."
	errMissingQuote      = "String missing ending quote."
	errEndOfStream       = "Expecting the end of the stream, but there seems to be more data!  Check the input for a valid JSON format."
	errEscapeAtEnd       = "Invalid escape sequence: '\\' at end of string."
	errUnicodeAtEnd      = "Invalid escape sequence: '\\u' at end of string."
	errRoundingNecessary = "Rounding necessary"
	errOverflow          = "Overflow"
)

// Exception is what java-tron would have thrown.
type Exception struct {
	Class   string
	Message string
}

// Error is how java-tron shows it to clients, without the word "class" before it.
func (e *Exception) Error() string { return e.Class + " : " + e.Message }

// Throw makes an exception.
func Throw(class, message string) *Exception { return &Exception{class, message} }

// Null is the exception of a thing that is not there. Java 8 gives it no text and java-tron prints that as "null".
func Null() *Exception { return &Exception{NullPointer, nullText} }

// TooBig is the exception of a body over the limit.
func TooBig(message string) *Exception { return &Exception{plainException, message} }
