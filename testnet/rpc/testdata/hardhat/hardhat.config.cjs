require('@nomicfoundation/hardhat-ethers')
require('@nomicfoundation/hardhat-chai-matchers')
require('@openzeppelin/hardhat-tron')

module.exports = {
  solidity: { version: process.env.SOLC_VERSION, settings: { optimizer: { enabled: true, runs: 200 }, evmVersion: 'cancun' } },
  tre: { autoStart: false, compiler: { target: 'tron', mirror: process.env.SOLC_MIRROR } },
  defaultNetwork: 'tre',
  networks: { tre: { url: process.env.TRE_URL, tron: true, accounts: [process.env.TRE_PRIVATE_KEY] } },
}
