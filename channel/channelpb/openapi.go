package channelpb

import _ "embed" // the page is part of the program

// OpenAPI describes the JSON gateway: an OpenAPI 2.0 document that make gen builds from the .proto files and http.yaml.
//
//go:embed openapi.swagger.json
var OpenAPI []byte
