const { expect } = require('chai')
const hre = require('hardhat')
const { ethers } = hre

describe('Bank', () => {
  let bank, owner
  beforeEach(async () => {
    [owner] = await ethers.getSigners()
    bank = await ethers.deployContract('Bank')
  })

  it('takes money and says so', async () => {
    await expect(bank.pay({ value: 5n })).to.emit(bank, 'Paid').withArgs(owner.address, 5n)
    expect(await bank.balanceOf(owner.address)).to.equal(5n)
  })

  it('refuses with its own error', async () => {
    await bank.pay({ value: 5n })
    await expect(bank.take(5n)).to.be.revertedWithCustomError(bank, 'TooEarly')
  })

  it('pays a day later', async () => {
    await bank.pay({ value: 5n })
    const { tronWeb } = hre.tre.makeTronWeb()
    await hre.tre.rpcCall(tronWeb, 'evm_increaseTime', [86400])
    await hre.tre.mine(tronWeb)
    await expect(bank.take(6n)).to.be.revertedWith('not that much')
    await bank.take(5n)
    expect(await bank.balanceOf(owner.address)).to.equal(0n)
  })

  it('goes back to a snapshot', async () => {
    const { tronWeb } = hre.tre.makeTronWeb()
    const taken = await hre.tre.snapshot(tronWeb)
    expect(taken.supported).to.equal(true)
    await bank.pay({ value: 7n })
    expect((await hre.tre.revert(tronWeb, taken.result)).supported).to.equal(true)
    expect(await bank.balanceOf(owner.address)).to.equal(0n)
  })

  it('sends for an account whose key nobody has', async () => {
    const { tronWeb } = hre.tre.makeTronWeb()
    const ghost = 'TJRabPrwbZy45sbavfcjinPJC18kjpRTv8'
    expect((await hre.tre.setAccountBalance(tronWeb, ghost, 10n ** 12n)).supported).to.equal(true)
    const pay = async () => {
      const built = await tronWeb.transactionBuilder.sendTrx(owner.tronAddress ?? tronWeb.defaultAddress.base58, 1_000_000, ghost)
      return tronWeb.trx.sendRawTransaction(await tronWeb.trx.sign(built, undefined, undefined, true))
    }
    expect((await pay()).code).to.equal('SIGERROR')
    await hre.tre.rpcCall(tronWeb, 'tre_impersonateAccount', [ghost])
    expect((await pay()).result).to.equal(true)
    await hre.tre.rpcCall(tronWeb, 'tre_stopImpersonatingAccount', [ghost])
    expect((await pay()).code).to.equal('SIGERROR')
  })

  it('knows the node', async () => {
    expect(await hre.tre.instanceId()).to.match(/^0x[0-9a-f]{64}$/)
  })
})
