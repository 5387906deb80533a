import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tron.trident.abi.FunctionEncoder;
import org.tron.trident.abi.FunctionReturnDecoder;
import org.tron.trident.abi.TypeReference;
import org.tron.trident.abi.datatypes.Address;
import org.tron.trident.abi.datatypes.Bool;
import org.tron.trident.abi.datatypes.Function;
import org.tron.trident.abi.datatypes.generated.Uint256;
import org.tron.trident.core.ApiWrapper;
import org.tron.trident.core.NodeType;
import org.tron.trident.core.key.KeyPair;
import org.tron.trident.core.transaction.BlockId;
import org.tron.trident.proto.Chain.Transaction;
import org.tron.trident.proto.Response;
import org.tron.trident.proto.Response.TransactionExtention;
import org.tron.trident.proto.Response.TransactionInfo;

/** Calls of Trident, Tron's Java SDK, as a program of a stranger makes them: plain gRPC, keys in the program, no knowledge of what answers. */
public class Calls {
    static int done = 0;
    static final List<String> wrong = new ArrayList<>();

    static void check(String what, boolean holds) {
        done++;
        if (!holds) wrong.add(what);
    }

    static void same(String what, Object want, Object got) {
        check(what + ": " + got + ", want " + want, want.equals(got));
    }

    interface Call { Object make() throws Exception; }

    static void fails(String what, String text, Call call) {
        try {
            call.make();
            check(what + " is not refused", false);
        } catch (Exception e) {
            check(what + " is refused with: " + e.getMessage(), String.valueOf(e.getMessage()).contains(text));
        }
    }

    static TransactionInfo send(ApiWrapper api, TransactionExtention built) throws Exception {
        String id = api.broadcastTransaction(api.signTransaction(built));
        same("txid", ApiWrapper.toHex(built.getTxid()), id);
        return api.getTransactionInfoById(id);
    }

    public static void main(String[] args) throws Exception {
        ApiWrapper api = new ApiWrapper(args[0], args[0], args[1]);
        ApiWrapper second = new ApiWrapper(args[0], args[0], args[2]);
        String alice = api.keyPair.toBase58CheckAddress(), bob = second.keyPair.toBase58CheckAddress();
        reads(api, alice);
        transfers(api, alice, bob);
        tokens(api, second, alice, bob);
        stakes(api, alice, bob);
        contracts(api, alice, bob, Files.readString(Path.of(args[3])), Files.readString(Path.of(args[4])));
        governance(api, alice);
        api.close();
        second.close();
        wrong.forEach(System.err::println);
        if (!wrong.isEmpty()) System.exit(1);
        System.out.println(done + " checks");
    }

    static void reads(ApiWrapper api, String alice) throws Exception {
        long head = api.getNowBlock().getBlockHeader().getRawData().getNumber();
        same("block by number", head, api.getBlockByNum(head).getBlockHeader().getRawData().getNumber());
        same("now block 2", head, api.getNowBlock2().getBlockHeader().getRawData().getNumber());
        same("solid block", head, api.getNowBlockSolidity().getBlockHeader().getRawData().getNumber());
        same("solid, by node type", head, api.getNowBlock(NodeType.SOLIDITY_NODE).getBlockHeader().getRawData().getNumber());
        same("latest blocks", 1, api.getBlockByLatestNum(1).getBlockCount());
        same("blocks of a range", 1, api.getBlockByLimitNext(0, 1).getBlockCount());
        same("block", head, api.getBlock(String.valueOf(head), true).getBlockHeader().getRawData().getNumber());
        check("the balance", api.getAccountBalance(alice) > 1_000_000L);
        same("solid account", api.getAccount(alice).getBalance(), api.getAccountSolidity(alice).getBalance());
        check("free bandwidth", api.getAccountResource(alice).getFreeNetLimit() == 600 && api.getAccountNet(alice).getFreeNetLimit() == 600);
        check("chain parameters", api.getChainParameters().getChainParameterCount() > 70);
        check("node info", api.getNodeInfo().getBlock().startsWith("Num:"));
        check("witnesses", api.listWitnesses().getWitnessesCount() > 0);
        same("exchanges", 0, api.listExchanges().getExchangesCount());
        same("proposals", 0, api.listProposals().getProposalsCount());
        check("maintenance", api.getNextMaintenanceTime() > 0);
        check("energy prices", api.getEnergyPrices().getPrices().contains("0:100") && api.getEnergyPricesOnSolidity().getPrices().equals(api.getEnergyPrices().getPrices()));
        check("bandwidth prices", api.getBandwidthPrices().getPrices().contains(":"));
        check("memo fee", api.getMemoFee().getPrices().contains(":"));
        same("pending", 0L, api.getPendingSize());
        same("pending list", 0, api.getTransactionListFromPending().getTxIdCount());
        check("burnt", api.getBurnTRX() >= 0);
        same("market pairs", 0, api.getMarketPairList().getOrderPairCount());
        same("reward", 0L, api.getRewardInfo(alice).getNum());
        same("brokerage", 20L, api.getBrokerageInfo(ApiWrapper.toHex(api.listWitnesses().getWitnesses(0).getAddress())));
    }

    static void transfers(ApiWrapper api, String alice, String bob) throws Exception {
        long before = api.getAccountBalance(bob);
        TransactionExtention built = api.transfer(alice, bob, 5_000_000);
        Transaction signed = api.signTransaction(built);
        check("bandwidth is estimated", api.estimateBandwidth(signed) > 250);
        same("sign weight", 1L, api.getTransactionSignWeight(signed).getCurrentWeight());
        same("approved by", 1, api.getTransactionApprovedList(signed).getApprovedListCount());
        String id = api.broadcastTransaction(signed);
        same("received", before + 5_000_000, api.getAccountBalance(bob));
        TransactionInfo info = api.getTransactionInfoById(id);
        same("transaction by id", id, ApiWrapper.toHex(ApiWrapper.calculateTransactionHash(api.getTransactionById(id))));
        same("solid transaction", id, ApiWrapper.toHex(ApiWrapper.calculateTransactionHash(api.getTransactionByIdSolidity(id))));
        same("infos of the block", 1, api.getTransactionInfoByBlockNum(info.getBlockNumber()).getTransactionInfoCount());
        same("infos of the solid block", 1, api.getTransactionInfoByBlockNumSolidity(info.getBlockNumber()).getTransactionInfoCount());
        same("transactions of the block", 1L, api.getTransactionCountByBlockNum(info.getBlockNumber()));
        fails("the same again", "DUP_TRANSACTION_ERROR", () -> api.broadcastTransaction(signed));
        fails("too much", "balance is not sufficient", () -> send(api, api.transfer(alice, bob, Long.MAX_VALUE / 2)));
        fails("to oneself", "Cannot transfer TRX to yourself", () -> send(api, api.transfer(alice, alice, 1)));
        KeyPair other = KeyPair.generate();
        fails("another's signature", "SIGERROR", () -> api.broadcastTransaction(api.signTransaction(api.transfer(alice, bob, 1), other)));

        String fresh = other.toBase58CheckAddress();
        send(api, api.createAccount(alice, fresh));
        check("the account was created", api.getAccount(fresh).getCreateTime() > 0);
        send(api, api.updateAccount(alice, "alice of trident"));
        same("its name", "alice of trident", api.getAccount(alice).getAccountName().toStringUtf8());
        send(api, api.setAccountId2("trident0001", alice));
        same("account by id", api.getAccount(alice).getAddress(), api.getAccountById("trident0001").getAddress());

        // A transaction built on this side only, from a block's id.
        Response.BlockExtention block = api.getNowBlock2();
        api.enableLocalCreate(new BlockId(block.getBlockid(), block.getBlockHeader().getRawData().getNumber()),
            block.getBlockHeader().getRawData().getTimestamp() + 60_000);
        TransactionExtention local = api.transfer(alice, bob, 1);
        api.disableLocalCreate();
        check("what was built here is taken", !api.broadcastTransaction(api.signTransaction(local)).isEmpty());
    }

    static void tokens(ApiWrapper api, ApiWrapper second, String alice, String bob) throws Exception {
        long now = api.getNowBlock().getBlockHeader().getRawData().getTimestamp();
        send(api, api.createAssetIssue(alice, "TridentToken", "TRI", 1_000_000, 1, 10, now + 3_000, now + 86_400_000L, "https://example.org", 1000, 1000, 2, "issued by trident"));
        Response.AssetIssueList mine = api.getAssetIssueByAccount(alice);
        same("issued", 1, mine.getAssetsCount());
        String id = mine.getAssets(0).getId();
        same("token by id", "TridentToken", api.getAssetIssueById(id).getName().toStringUtf8());
        same("token by name", id, api.getAssetIssueByName("TridentToken").getId());
        same("tokens by name", 1, api.getAssetIssueListByName("TridentToken").getAssetsCount());
        check("all tokens", api.getAssetIssueList().getAssetsCount() >= 1 && api.getPaginatedAssetIssueList(0, 10).getAssetsCount() >= 1);
        send(api, api.transferTrc10(alice, bob, Integer.parseInt(id), 250));
        same("bob's tokens", 250L, api.getAccount(bob).getAssetV2Map().get(id));
        fails("more tokens than there are", "assetBalance is not sufficient", () -> send(api, api.transferTrc10(alice, bob, Integer.parseInt(id), 10_000_000)));
        second.broadcastTransaction(second.signTransaction(second.participateAssetIssue(alice, bob, id, 5)));
        same("bob bought some", 300L, api.getAccount(bob).getAssetV2Map().get(id));
        send(api, api.updateAsset(alice, "new words", "https://example.com", 2000, 2000));
        same("the new words", "new words", api.getAssetIssueById(id).getDescription().toStringUtf8());
    }

    static void stakes(ApiWrapper api, String alice, String bob) throws Exception {
        send(api, api.freezeBalanceV2(alice, 1_000_000_000L, 1));
        send(api, api.freezeBalanceV2(alice, 100_000_000L, 0));
        check("energy", api.getAccountResource(alice).getEnergyLimit() > 0);
        check("can delegate", api.getCanDelegatedMaxSize(alice, 1) > 0);
        send(api, api.delegateResourceV2(alice, 10_000_000L, 1, bob, true, 0));
        same("delegated", 10_000_000L, api.getDelegatedResourceV2(alice, bob).getDelegatedResource(0).getFrozenBalanceForEnergy());
        same("delegated to", 1, api.getDelegatedResourceAccountIndexV2(alice).getToAccountsCount());
        fails("taking back what is locked", "insufficient delegateFrozenBalance", () -> send(api, api.undelegateResource(alice, 10_000_000L, 1, bob)));
        send(api, api.unfreezeBalanceV2(alice, 50_000_000L, 0));
        same("unfreezes left", 31L, api.getAvailableUnfreezeCount(alice));
        same("can withdraw", 0L, api.getCanWithdrawUnfreezeAmount(alice));
        send(api, api.cancelAllUnfreezeV2(alice));
        same("after the cancel", 32L, api.getAvailableUnfreezeCount(alice));
        fails("nothing to withdraw", "no unFreeze balance to withdraw", () -> send(api, api.withdrawExpireUnfreeze(alice)));
        HashMap<String, String> votes = new HashMap<>();
        String witness = ApiWrapper.toHex(api.listWitnesses().getWitnesses(0).getAddress());
        votes.put(witness, "7");
        send(api, api.voteWitness(alice, votes));
        same("voted", 7L, api.getAccount(alice).getVotes(0).getVoteCount());
        fails("the old stake", "freeze v2 is open, old freeze is closed", () -> send(api, api.freezeBalance(alice, 1_000_000L, 3, 0)));
    }

    static void contracts(ApiWrapper api, String alice, String bob, String abi, String code) throws Exception {
        TransactionInfo deployed = send(api, api.deployContract("Token", abi, code, new ArrayList<>(), 2_000_000_000L, 100, 10_000_000, 0, "", 0));
        String contract = ApiWrapper.toHex(deployed.getContractAddress());
        same("deployed", "Token", api.getSmartContract(contract).getName());
        check("its code", !api.getContractInfo(contract).getRuntimeCode().isEmpty());
        Function balanceOf = new Function("balanceOf", List.of(new Address(bob)), List.of(new TypeReference<Uint256>() {}));
        TransactionExtention read = api.triggerConstantContract(alice, contract, balanceOf);
        same("bob's balance", "0", FunctionReturnDecoder.decode(ApiWrapper.toHex(read.getConstantResult(0)), balanceOf.getOutputParameters()).get(0).getValue().toString());
        Function transfer = new Function("transfer", List.of(new Address(bob), new Uint256(12_500_000)), List.of(new TypeReference<Bool>() {}));
        check("energy is estimated", api.estimateEnergy(alice, contract, transfer).getEnergyRequired() > 10_000);
        TransactionExtention call = api.triggerContract(alice, contract, FunctionEncoder.encode(transfer), 0, 0, "", 100_000_000L);
        TransactionInfo paid = send(api, call);
        same("the call", "SUCCESS", paid.getReceipt().getResult().name());
        same("its log", 1, paid.getLogCount());
        same("bob has", "12500000", FunctionReturnDecoder.decode(ApiWrapper.toHex(api.constantCall(alice, contract, balanceOf).getConstantResult(0)), balanceOf.getOutputParameters()).get(0).getValue().toString());
        send(api, api.updateSetting(alice, contract, 50));
        send(api, api.updateEnergyLimit(alice, contract, 5_000_000));
        same("its settings", 50L, api.getSmartContract(contract).getConsumeUserResourcePercent());
        send(api, api.clearContractABI(alice, contract));
        same("no ABI is left", 0, api.getSmartContract(contract).getAbi().getEntrysCount());
    }

    static void governance(ApiWrapper api, String alice) throws Exception {
        send(api, api.createWitness(alice, "https://example.org"));
        check("a witness more", api.listWitnesses().getWitnessesList().stream().anyMatch(w -> w.getUrl().equals("https://example.org")));
        send(api, api.updateWitness(alice, "https://example.com"));
        send(api, api.updateBrokerage(alice, 30));
        same("the brokerage of this cycle", 20L, api.getBrokerageInfo(alice)); // the new one counts from the next on
        send(api, api.proposalCreate(alice, Map.of(3L, 1200L)));
        same("a proposal", 1, api.listProposals().getProposalsCount());
        send(api, api.approveProposal(alice, 1, true));
        same("its approval", 1, api.getProposalById("1").getApprovalsCount());
        send(api, api.deleteProposal(alice, 1));
        same("the proposal is gone", "CANCELED", api.getProposalById("1").getState().name());
        fails("withdrawing at once", "does not have any reward", () -> send(api, api.withdrawBalance(alice)));
    }
}
