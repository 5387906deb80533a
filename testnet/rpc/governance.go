package rpc

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"runtime"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/piecework/piecework/testnet/rpc/javajson"
	"github.com/piecework/piecework/testnet/state"
	"github.com/piecework/piecework/wallet/tronpb"
)

func listWitnesses(r *request) proto.Message { return r.node.chain.Witnesses(r.view) }

func pagedWitnesses(r *request, offset, limit int64) proto.Message {
	list, ok := pageOf(r.node.chain.Witnesses(r.view).GetWitnesses(), offset, limit)
	if !ok {
		return nil
	}
	return &tronpb.WitnessList{Witnesses: list}
}

func listNodes(*request) proto.Message { return &tronpb.NodeList{} }

func listProposals(r *request) proto.Message {
	return &tronpb.ProposalList{Proposals: r.node.chain.Proposals()}
}

// pagedProposals counts offset from the oldest, as java-tron does.
func pagedProposals(r *request, offset, limit int64) proto.Message {
	return r.node.pagedProposals(offset, limit)
}

func (s *Server) pagedProposals(offset, limit int64) *tronpb.ProposalList {
	newest := s.chain.Proposals()
	oldest := make([]*tronpb.Proposal, 0, len(newest))
	for i := len(newest) - 1; i >= 0; i-- {
		oldest = append(oldest, newest[i])
	}
	list, ok := pageOf(oldest, offset, limit)
	if !ok {
		return nil
	}
	return &tronpb.ProposalList{Proposals: list}
}

func listExchanges(r *request) proto.Message {
	return &tronpb.ExchangeList{Exchanges: r.node.chain.Exchanges(r.view)}
}

func pagedExchanges(r *request, offset, limit int64) proto.Message {
	list, ok := pageOf(r.node.chain.Exchanges(r.view), offset, limit)
	if !ok {
		return nil
	}
	return &tronpb.ExchangeList{Exchanges: list}
}

// byID is a servlet that is asked with a number as id, read by fastjson.
func byID(reply func(r *request, id int64, visible bool) (string, error)) servlet {
	return servlet{
		get: func(r *request) (string, error) {
			id, err := r.number("id")
			if err != nil {
				return "", err
			}
			return reply(r, id, r.visibleParam())
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
			id, err := o.RequiredLong("id")
			if err != nil {
				return "", err
			}
			return reply(r, id, visible)
		},
	}
}

func getProposalByID(r *request, id int64, visible bool) (string, error) {
	return show(r.node.chain.Proposal(id), visible), nil
}

// getExchangeByID has no answer for a pair that is not there.
func getExchangeByID(r *request, id int64, visible bool) (string, error) {
	exchange := r.node.chain.Exchange(r.view, id)
	if exchange == nil {
		return "", javajson.Null()
	}
	return javajson.Print(exchange, visible), nil
}

func getChainParameters(r *request) proto.Message { return r.node.chain.ChainParameters() }

func getNextMaintenanceTime(r *request) proto.Message {
	return &tronpb.NumberMessage{Num: r.node.chain.NextMaintenance()}
}

// totalTransaction answers nothing: java-tron never counts.
func totalTransaction(*request) proto.Message { return &tronpb.NumberMessage{} }

func prices(t state.Text) servlet {
	return both(func(r *request) (string, error) {
		return show(&tronpb.PricesResponseMessage{Prices: r.node.chain.Prices(t)}, true), nil
	})
}

func getBurntTRX(r *request) (string, error) {
	return `{"burnTrxAmount": ` + strconv.FormatInt(int64(r.node.chain.Burnt(r.view)), 10) + "}", nil
}

// nodeInfo is NodeInfoService's bean in fastjson's form: keys by the alphabet, which is how Go writes maps.
func nodeInfo(r *request) (string, error) {
	raw, err := json.Marshal(r.node.nodeInfoFields())
	return string(raw), err
}

// versionCode is what java-tron 4.8.0 says beside its version.
const versionCode = "18631"

func (s *Server) nodeInfoFields() map[string]any {
	head, solid := s.heads()
	config := zeros64("activeNodeSize", "allowAdaptiveEnergy", "backupListenPort", "backupMemberSize", "backupPriority", "listenPort",
		"maxConnectCount", "minParticipationRate", "passiveNodeSize", "sameIpMaxConnectCount", "sendNodeSize")
	maps.Copy(config, map[string]any{
		"allowCreationOfContracts": 1, "codeVersion": s.config.version(), "versionNum": versionCode, "dbVersion": 2, "discoverEnable": false,
		"p2pVersion": "0", "supportConstant": true, "maxTimeRatio": json.Number("5.0"), "minTimeRatio": json.Number("0.0"),
	})
	machine := zeros64("deadLockThreadCount", "freeMemory", "jvmFreeMemory", "jvmTotalMemory", "threadCount", "totalMemory")
	maps.Copy(machine, map[string]any{
		"cpuCount": runtime.NumCPU(), "javaVersion": "", "osName": runtime.GOOS, "memoryDescInfoList": []any{}, "deadLockThreadInfoList": []any{},
		"cpuRate": json.Number("0.0"), "processCpuRate": json.Number("0.0"),
	})
	info := zeros64("activeConnectCount", "currentConnectCount", "passiveConnectCount", "totalFlow")
	maps.Copy(info, map[string]any{
		"block": head, "solidityBlock": solid, "beginSyncNum": s.chain.SolidNumber(), "cheatWitnessInfoMap": map[string]any{},
		"configNodeInfo": config, "machineInfo": machine, "peerList": []any{},
	})
	return info
}

func zeros64(keys ...string) map[string]any {
	fields := map[string]any{}
	for _, key := range keys {
		fields[key] = 0
	}
	return fields
}

// heads names the newest blocks of both views as getnodeinfo does; tronpy reads its reference block from there.
func (s *Server) heads() (head, solid string) {
	name := func(id [32]byte, number int64) string {
		return "Num:" + strconv.FormatInt(number, 10) + ",ID:" + hex.EncodeToString(id[:])
	}
	h, b := s.chain.NowBlock(0), s.chain.NowBlock(1)
	return name(h.ID, h.Number()), name(b.ID, b.Number())
}
