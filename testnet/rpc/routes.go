package rpc

import (
	"github.com/piecework/piecework/testnet/state"
)

// servlets are java-tron's paths below /wallet/. Left out are those of shielded transfers, for which there is no prover.
func servlets() map[string]servlet {
	all := map[string]servlet{
		"broadcasttransaction":    {post: broadcastTransaction},
		"broadcasthex":            {post: broadcastHex},
		"createCommonTransaction": {post: createCommonTransaction},
		"deploycontract":          {get: nothing, post: deployContract},
		"triggersmartcontract":    {get: nothing, post: triggerSmartContract},
		"getsignweight":           {get: nothing, post: packedPost(getSignWeight)},
		"getapprovedlist":         {get: nothing, post: packedPost(getApprovedList)},
		"validateaddress":         validateAddressServlet,

		"gettransactionfrompending":     byPendingValue(),
		"gettransactionlistfrompending": transactionListFromPendingServlet,
		"getpendingsize":                both(getPendingSize),
		"totaltransaction":              listed(totalTransaction),
		"listnodes":                     listed(listNodes),
		"listproposals":                 listed(listProposals),
		"getproposalbyid":               byID(getProposalByID),
		"getpaginatedproposallist":      paginated((*request).plain, pagedProposals),
		"getpaginatedexchangelist":      paginated((*request).posted, pagedExchanges),
		"getchainparameters":            listed(getChainParameters),
		"getnextmaintenancetime":        listed(getNextMaintenanceTime),
		"getmemofee":                    prices(state.MemoFees),
		"getaccountnet":                 byAddress("address", getAccountNet),
		"getaccountresource":            {byAddress("address", getAccountResource).get, postAccountResource},
		"getassetissuebyaccount":        byAddress("address", getAssetIssueByAccount),
		"getcontract":                   contractServlet(getContract),
		"getcontractinfo":               contractServlet(getContractInfo),
		"gettransactionreceiptbyid":     byValue(getTransactionReceiptByID),
		"getaccountbalance":             {post: asked(getAccountBalance)},
		"getblockbalance":               {post: asked(getBlockBalance)},
	}
	for path, b := range builders {
		all[path] = builder(b.contract, b.how)
	}
	for path, v := range solidServlets() {
		all[path] = v
	}
	return all
}

// solidServlets are the paths that /walletsolidity/ has too.
func solidServlets() map[string]servlet {
	return map[string]servlet{
		"triggerconstantcontract":            {get: nothing, post: triggerConstantContract},
		"estimateenergy":                     {get: nothing, post: estimateEnergy},
		"getaccount":                         {merged([]string{"address"}, getAccount), asked(getAccount)},
		"getaccountbyid":                     {merged([]string{"account_id"}, getAccountByID), asked(getAccountByID)},
		"getnowblock":                        both(getNowBlock),
		"getblock":                           getBlockServlet,
		"getblockbynum":                      getBlockByNumServlet,
		"getblockbyid":                       byValue(getBlockByID),
		"getblockbylimitnext":                getBlockByLimitNextServlet,
		"getblockbylatestnum":                byNumber(getBlockByLatestNum),
		"gettransactionbyid":                 byValue(getTransactionByID),
		"gettransactioninfobyid":             byValue(getTransactionInfoByID),
		"gettransactioninfobyblocknum":       byNumber(getTransactionInfoByBlockNum),
		"gettransactioncountbyblocknum":      byNumber(getTransactionCountByBlockNum),
		"getassetissuebyid":                  byText(getAssetIssueByID),
		"getassetissuebyname":                byText(getAssetIssueByName),
		"getassetissuelistbyname":            byText(getAssetIssueListByName),
		"getassetissuelist":                  listed(getAssetIssueList),
		"getpaginatedassetissuelist":         paginated((*request).posted, pagedAssets),
		"listwitnesses":                      listed(listWitnesses),
		"getpaginatednowwitnesslist":         paginated((*request).posted, pagedWitnesses),
		"listexchanges":                      listed(listExchanges),
		"getexchangebyid":                    byID(getExchangeByID),
		"getdelegatedresource":               lent(true),
		"getdelegatedresourcev2":             lent(false),
		"getdelegatedresourceaccountindex":   lentIndex(true),
		"getdelegatedresourceaccountindexv2": lentIndex(false),
		"getcandelegatedmaxsize":             canDelegatedMaxSizeServlet,
		"getavailableunfreezecount":          availableUnfreezeCountServlet,
		"getcanwithdrawunfreezeamount":       canWithdrawUnfreezeAmountServlet,
		"getReward":                          rewarded("reward", reward),
		"getBrokerage":                       rewarded("brokerage", brokerage),
		"getburntrx":                         both(getBurntTRX),
		"getbandwidthprices":                 prices(state.BandwidthPrices),
		"getenergyprices":                    prices(state.EnergyPrices),
		"getmarketorderbyaccount":            marketOrderByAccountServlet,
		"getmarketorderbyid":                 marketOrderByIDServlet,
		"getmarketpricebypair":               byPair(marketPrices),
		"getmarketorderlistbypair":           byPair(marketOrdersByPair),
		"getmarketpairlist":                  marketPairListServlet,
		"getnodeinfo":                        both(nodeInfo),
	}
}

// pbftServlets are the paths below /walletpbft/: those of /walletsolidity/ but for two that came later (HttpApiOnPBFTService).
func pbftServlets() map[string]servlet {
	all := solidServlets()
	delete(all, "gettransactioninfobyblocknum")
	delete(all, "getpaginatednowwitnesslist")
	return all
}
