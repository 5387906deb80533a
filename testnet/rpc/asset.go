package rpc

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/chain"
	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/wallet/tronpb"
)

// MaxPage is the most entries of a paginated list (java-tron's ASSET_ISSUE_COUNT_LIMIT_MAX and its like).
const MaxPage = 1000

// nonUnique is the exception of asking for one of several tokens of a name.
const nonUnique = "org.tron.core.exception.NonUniqueObjectException"

func assetList(list []*tronpb.AssetIssueContract) *tronpb.AssetIssueList {
	return &tronpb.AssetIssueList{AssetIssue: list}
}

func getAssetIssueByAccount(r *request, address []byte, visible bool) (string, error) {
	return show(assetList(r.node.chain.AssetsOf(r.view, address)), visible), nil
}

// byText is a servlet that reads value with fastjson: text or a number.
func byText(reply func(r *request, value string, ok, visible bool) (string, error)) servlet {
	return servlet{
		get: func(r *request) (string, error) {
			visible := r.visibleParam()
			value, ok := r.param("value")
			return reply(r, value, ok, visible)
		},
		post: func(r *request) (string, error) {
			text, visible, err := r.posted()
			if err != nil {
				return "", err
			}
			o, err := object(text)
			if err != nil {
				return "", err
			}
			value, ok := o.Text("value")
			return reply(r, value, ok, visible)
		},
	}
}

func getAssetIssueByID(r *request, id string, ok, visible bool) (string, error) {
	if !ok || id == "" {
		return missing, nil
	}
	return show(r.node.chain.Asset(r.view, id), visible), nil
}

// nameBytes is a token's name: text when visible, hex otherwise.
func nameBytes(value string, ok, visible bool) ([]byte, error) {
	if !visible {
		return javajson.HexBytes(value, ok)
	}
	if !ok {
		return nil, javajson.Null()
	}
	return []byte(value), nil
}

func getAssetIssueByName(r *request, value string, ok, visible bool) (string, error) {
	name, err := nameBytes(value, ok, visible)
	if err != nil {
		return "", err
	}
	asset, err := r.node.assetByName(r.view, name)
	if err != nil {
		return "", err
	}
	return show(asset, visible), nil
}

// assetByName is Wallet.getAssetIssueByName: the one token of a name or id.
func (s *Server) assetByName(v chain.View, name []byte) (*tronpb.AssetIssueContract, error) {
	if len(name) == 0 {
		return nil, nil
	}
	list := s.chain.AssetsByName(v, name)
	if byID := s.chain.Asset(v, string(name)); byID != nil && (len(list) != 1 || list[0].GetId() != byID.GetId()) {
		list = append(list, byID)
	}
	switch len(list) {
	case 0:
		return nil, nil
	case 1:
		return list[0], nil
	}
	return nil, javajson.Throw(nonUnique, "To get more than one asset, please use getAssetIssueById syntax")
}

func getAssetIssueListByName(r *request, value string, ok, visible bool) (string, error) {
	name, err := nameBytes(value, ok, visible)
	if err != nil {
		return "", err
	}
	return show(r.node.assetsByName(r.view, name), visible), nil
}

func (s *Server) assetsByName(v chain.View, name []byte) *tronpb.AssetIssueList {
	if len(name) == 0 {
		return nil
	}
	return assetList(s.chain.AssetsByName(v, name))
}

func getAssetIssueList(r *request) proto.Message {
	return assetList(r.node.chain.Assets(r.view))
}

// page cuts a list as java-tron does: nil for a negative offset or limit, and beyond the end.
func pageOf[E any](list []E, offset, limit int64) ([]E, bool) {
	if offset < 0 || limit < 0 || offset >= int64(len(list)) {
		return nil, false
	}
	limit = min(limit, MaxPage)
	return list[offset:min(offset+limit, int64(len(list)))], true
}

// paginated is a servlet that is asked with offset and limit. reader is how it reads a posted body.
func paginated(reader func(*request) (string, bool, error), reply func(r *request, offset, limit int64) proto.Message) servlet {
	return servlet{
		get: func(r *request) (string, error) {
			offset, err := r.number("offset")
			if err != nil {
				return "", err
			}
			limit, err := r.number("limit")
			if err != nil {
				return "", err
			}
			return show(reply(r, offset, limit), r.visibleParam()), nil
		},
		post: func(r *request) (string, error) {
			text, visible, err := reader(r)
			if err != nil {
				return "", err
			}
			q := &tronpb.PaginatedMessage{}
			if err := javajson.Merge(text, q, visible); err != nil {
				return "", err
			}
			return show(reply(r, q.GetOffset(), q.GetLimit()), visible), nil
		},
	}
}

func pagedAssets(r *request, offset, limit int64) proto.Message {
	list, ok := pageOf(r.node.sortedAssets(r.view), offset, limit)
	if !ok {
		return nil
	}
	return assetList(list)
}

// sortedAssets is the order of pages: by name, which is ASCII, and those of the same name by id.
func (s *Server) sortedAssets(v chain.View) []*tronpb.AssetIssueContract {
	list := s.chain.Assets(v)
	slices.SortStableFunc(list, func(a, b *tronpb.AssetIssueContract) int { return bytes.Compare(a.GetName(), b.GetName()) })
	return list
}
