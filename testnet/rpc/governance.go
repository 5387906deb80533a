package rpc

import (
	"encoding/hex"
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

// nodeInfo is NodeInfoService's bean in fastjson's form: keys by the alphabet.
func nodeInfo(r *request) (string, error) { return r.node.nodeInfoObject().String(), nil }

func (s *Server) nodeInfoObject() *javajson.Object {
	head, solid := s.heads()
	zero := func(keys ...string) *javajson.Object {
		o := javajson.NewObject()
		for _, key := range keys {
			o.Put(key, int64(0))
		}
		return o
	}
	config := zero("activeNodeSize", "allowAdaptiveEnergy", "backupListenPort", "backupMemberSize", "backupPriority", "listenPort",
		"maxConnectCount", "maxTimeRatio", "minParticipationRate", "minTimeRatio", "passiveNodeSize", "sameIpMaxConnectCount", "sendNodeSize")
	config.Put("allowCreationOfContracts", int64(1)).Put("codeVersion", s.config.version()).Put("dbVersion", int64(2)).
		Put("discoverEnable", false).Put("p2pVersion", "0").Put("supportConstant", true).
		Put("maxTimeRatio", javajson.Number("5.0")).Put("minTimeRatio", javajson.Number("0.0"))
	machine := zero("cpuCount", "cpuRate", "deadLockThreadCount", "freeMemory", "jvmFreeMemory", "jvmTotalMemory", "processCpuRate", "threadCount", "totalMemory")
	machine.Put("javaVersion", "").Put("osName", "").Put("memoryDescInfoList", javajson.Array{}).Put("deadLockThreadInfoList", javajson.Array{})
	for _, key := range []string{"cpuRate", "processCpuRate"} {
		machine.Put(key, javajson.Number("0.0"))
	}
	o := zero("activeConnectCount", "beginSyncNum", "currentConnectCount", "passiveConnectCount", "totalFlow")
	return o.Put("block", head).Put("solidityBlock", solid).Put("beginSyncNum", s.chain.SolidNumber()).
		Put("cheatWitnessInfoMap", javajson.NewObject()).Put("configNodeInfo", config).Put("machineInfo", machine).Put("peerList", javajson.Array{})
}

// heads names the newest blocks of both views as getnodeinfo does; tronpy reads its reference block from there.
func (s *Server) heads() (head, solid string) {
	name := func(id [32]byte, number int64) string {
		return "Num:" + strconv.FormatInt(number, 10) + ",ID:" + hex.EncodeToString(id[:])
	}
	h, b := s.chain.NowBlock(0), s.chain.NowBlock(1)
	return name(h.ID, h.Number()), name(b.ID, b.Number())
}
