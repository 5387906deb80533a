package cmd

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/piecework/piecework/abi"
	"github.com/piecework/piecework/wallet"
)

// interfaceFlag reads the file of --abi; nil when there is none.
func interfaceFlag(c *cli.Context) (*abi.Interface, error) {
	path := c.String("abi")
	if path == "" {
		return nil, nil
	}
	data, err := readInput(c, path)
	if err != nil {
		return nil, err
	}
	known, err := abi.ParseJSON(data)
	if err != nil {
		return nil, usagef("--abi %s: %s", path, err)
	}
	return known, nil
}

// methodOf reads a signature, or finds a function of a JSON ABI by its name.
func methodOf(text string, known *abi.Interface) (abi.Method, error) {
	if known != nil {
		if method, err := known.Method(text); err == nil || !strings.Contains(text, "(") {
			return method, asUsage(err)
		}
	}
	method, err := abi.ParseMethod(text)
	if err != nil && !strings.Contains(text, "(") {
		return method, usagef("%q names a function but not its parameters; write 'transfer(address,uint256)', or give --abi FILE", text)
	}
	return method, asUsage(err)
}

func encodeCall(method abi.Method, args []string) ([]byte, error) {
	values, err := method.Inputs.ParseArgs(args)
	if err != nil {
		return nil, usagef("%s: %s", method.Signature(), err)
	}
	data, err := method.Encode(values...)
	return data, asUsage(err)
}

func encodeArgs(params abi.Params, args []string, address func(string) (wallet.Address, error)) ([]byte, error) {
	values, err := params.ParseArgsBy(args, address)
	if err != nil {
		return nil, usagef("--arg: %s", err)
	}
	data, err := params.Encode(values...)
	return data, asUsage(err)
}

// asUsage turns a definition, a value or data that makes no sense into a usage error.
func asUsage(err error) error {
	if errors.Is(err, abi.ErrType) || errors.Is(err, abi.ErrValue) || errors.Is(err, abi.ErrData) {
		return usagef("%s", err)
	}
	return err
}

func hexFlag(c *cli.Context, name string) ([]byte, error) { return hexOf(name, c.String(name)) }

// hexOf reads the bytes that a flag, or the argument that stands for it, gives in hex.
func hexOf(name, text string) ([]byte, error) {
	data, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(text), "0x"))
	if err != nil {
		return nil, usagef("--%s: want hex digits, two to a byte, with or without 0x", name)
	}
	return data, nil
}

// readInput reads a file, or standard input for "-", of at most maxInput bytes.
func readInput(c *cli.Context, path string) ([]byte, error) {
	if path != "-" {
		return readFile(path)
	}
	return readBounded(c.App.Reader, path)
}

// readFile reads a file that a person named, of at most maxInput bytes: it may be a device that never ends.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a file: %w", err)
	}
	defer file.Close()
	return readBounded(file, path)
}

func readBounded(from io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(data) > maxInput {
		return nil, usagef("%s is larger than %d MiB", name, maxInput>>20)
	}
	return data, nil
}
