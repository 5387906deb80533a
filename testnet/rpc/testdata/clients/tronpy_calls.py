"""Calls tronpy over accounts, transfers, TRC-10, staking and contracts.

Arguments: the node's URL, two private keys with much TRX, a file with Counter's ABI and bytecode.
"""
import json
import sys

from tronpy import Tron
from tronpy.exceptions import AddressNotFound, TransactionNotFound, ValidationError
from tronpy.keys import PrivateKey, to_hex_address
from tronpy.providers import HTTPProvider

url, first, second, artifact = sys.argv[1:5]
client = Tron(HTTPProvider(url))
alice, bob = PrivateKey(bytes.fromhex(first)), PrivateKey(bytes.fromhex(second))
me, other = alice.public_key.to_base58check_address(), bob.public_key.to_base58check_address()
good, bad = 0, []


def check(name, run):
    global good
    try:
        answer = run()
        assert answer is not False, "the answer is not what it should be"
        good += 1
        return answer
    except Exception as problem:  # noqa: BLE001 - every failure is one line of the report
        bad.append(f"{name}: {type(problem).__name__}: {problem}")
        return None


def raises(kind, run):
    try:
        run()
    except kind:
        return True
    return False


def sent(transaction, key=alice):
    return transaction.build().sign(key).broadcast().wait(timeout=20)


check("get_latest_block", lambda: client.get_latest_block()["block_header"]["raw_data"]["version"] == 32)
check("get_latest_block_id", lambda: len(client.get_latest_block_id()) == 64)
check("get_latest_block_number", lambda: client.get_latest_block_number() >= 0)
check("get_latest_solid_block", lambda: len(client.get_latest_solid_block()["blockID"]) == 64)
check("get_latest_solid_block_id", lambda: len(client.get_latest_solid_block_id()) == 64)
check("get_latest_solid_block_number", lambda: client.get_latest_solid_block_number() >= 0)
check("get_block", lambda: client.get_block(0)["blockID"] is not None)
check("get_block by id", lambda: client.get_block(client.get_latest_block_id())["blockID"])
check("get_account", lambda: client.get_account(me)["address"] == me)
check("get_account of nobody", lambda: raises(AddressNotFound, lambda: client.get_account("T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb")))
check("get_account_balance", lambda: client.get_account_balance(me) > 0)
check("get_account_resource", lambda: client.get_account_resource(me)["freeNetLimit"] == 600)
check("get_account_permission", lambda: client.get_account_permission(me)["owner"]["threshold"] == 1)
check("get_bandwidth", lambda: client.get_bandwidth(me) > 0)
check("get_energy", lambda: client.get_energy(me) >= 0)
check("get_chain_parameters", lambda: len(client.get_chain_parameters()) > 60)
check("get_node_info", lambda: client.get_node_info()["configNodeInfo"]["codeVersion"])
check("list_nodes", lambda: client.list_nodes() == [])
check("list_witnesses", lambda: len(client.list_witnesses()) > 0)
check("get_transaction of nobody", lambda: raises(TransactionNotFound, lambda: client.get_transaction("00" * 32)))

transfer = check("transfer", lambda: client.trx.transfer(me, other, 1_000_000).memo("hello").build().sign(alice).broadcast())
check("wait", lambda: transfer.wait()["blockNumber"] > 0)
check("get_transaction", lambda: client.get_transaction(transfer.txid)["ret"][0]["contractRet"] == "SUCCESS")
check("get_transaction_info", lambda: client.get_transaction_info(transfer.txid)["fee"] >= 1_000_000)
fresh = PrivateKey.random()
to_fresh = fresh.public_key.to_base58check_address()
check("transfer to a new account", lambda: sent(client.trx.transfer(me, to_fresh, 5_000_000))["fee"] == 1_100_000)
check("too little", lambda: raises(ValidationError, lambda: client.trx.transfer(to_fresh, me, 10**12).build().sign(fresh).broadcast()))
check("account_permission_update", lambda: sent(client.trx.transfer(me, to_fresh, 300_000_000)))
permission = check("get_account_permission of fresh", lambda: client.get_account_permission(to_fresh))


def grant():
    permission["actives"][0]["keys"].append({"address": me, "weight": 1})
    transaction = client.trx.account_permission_update(to_fresh, {"owner": permission["owner"], "actives": permission["actives"]})
    sent(transaction, fresh)
    return sent(client.trx.transfer(to_fresh, me, 1).permission_id(2), alice)["blockNumber"] > 0


check("signing for another account", grant)
check("freeze_balance", lambda: sent(client.trx.freeze_balance(me, 100_000_000, "ENERGY"))["blockNumber"] > 0)
check("delegate_resource", lambda: sent(client.trx.delegate_resource(me, other, 10_000_000, "ENERGY"))["blockNumber"] > 0)
check("get_delegated_resource_v2", lambda: client.get_delegated_resource_v2(me, other)["delegatedResource"][0]["frozen_balance_for_energy"] == 10_000_000)
check("undelegate_resource", lambda: sent(client.trx.undelegate_resource(me, other, 10_000_000, "ENERGY"))["blockNumber"] > 0)
check("unfreeze_balance", lambda: sent(client.trx.unfreeze_balance(me, "ENERGY", unfreeze_balance=1_000_000))["blockNumber"] > 0)
check("vote_witness", lambda: sent(client.trx.vote_witness(me, (client.list_witnesses()[0]["address"], 1)))["blockNumber"] > 0)

start = client.get_latest_block()["block_header"]["raw_data"]["timestamp"] + 60_000
issue = check("asset_issue", lambda: sent(client.trx.asset_issue(
    me, "ACM", 1_000_000, url="https://example.org", name="Acme", description="a token", precision=6, start_time=start, end_time=start + 86_400_000)))
token = int(issue["assetIssueID"]) if issue else 0
check("get_asset", lambda: client.get_asset(token)["name"] == "Acme")
check("get_asset_from_name", lambda: client.get_asset_from_name("ACM")["id"] == token)
check("list_assets", lambda: len(client.list_assets()) >= 1)
check("asset_transfer", lambda: sent(client.trx.asset_transfer(me, other, 7, token))["blockNumber"] > 0)
check("get_account_asset_balance", lambda: client.get_account_asset_balance(other, token) == 7)

with open(artifact, encoding="utf8") as file:
    counter = json.load(file)
from tronpy.contract import Contract  # noqa: E402 - here because only this part needs it

deployed = check("deploy_contract", lambda: sent(client.trx.deploy_contract(
    me, Contract(name="Counter", bytecode=counter["bytecode"] + "%064x" % 32 + "%064x" % 5 + "first".encode().hex().ljust(64, "0"), abi=counter["abi"], origin_energy_limit=10_000_000)
).fee_limit(1_000_000_000)))
contract = check("get_contract", lambda: client.get_contract(deployed["contract_address"]))
if contract is not None:
    check("constant call", lambda: contract.functions.label() == "first")
    check("estimate energy", lambda: client.get_estimated_energy(me, contract.contract_address, "add(uint256,string)", "%064x%064x%064x%064x" % (1, 64, 0, 0)) > 0)
    done = check("call", lambda: sent(contract.functions.add(5, "five").with_owner(me).fee_limit(100_000_000)))
    check("result of the call", lambda: done["receipt"]["result"] == "SUCCESS")
    check("events", lambda: [e["args"]["count"] for e in contract.events.Counted.process_receipt(done)] == [5])
    check("count", lambda: contract.functions.count() == 5)
    check("payable", lambda: sent(contract.functions.pay.with_transfer(3)().with_owner(me).fee_limit(100_000_000))["receipt"]["result"] == "SUCCESS")
    check("paid", lambda: contract.functions.paid(me) == 3)
    check("revert", lambda: contract.functions.add(1000, "x").with_owner(me).fee_limit(100_000_000).build().sign(alice).broadcast().wait()["receipt"]["result"] == "REVERT")
    check("arrays", lambda: tuple(contract.functions.many([1, 2, 3], True)) == (6, True))

check("is_hex_address", lambda: to_hex_address(me).startswith("41"))
for line in bad:
    print("bad", line)
print("good", good)
sys.exit(1 if bad else 0)
