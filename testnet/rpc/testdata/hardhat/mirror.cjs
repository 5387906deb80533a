// Puts the compiler of the registry where the plugin looks for it: a folder in the form of tronprotocol's solc-bin. Prints its version.
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')

const code = fs.readFileSync(require.resolve('solc/soljson.js'))
const [longVersion, version, build] = require('solc').version().match(/^(\d+\.\d+\.\d+)\+(commit\.[0-9a-f]+)/)
const folder = path.join(process.argv[2], 'wasm')
const file = `soljson-v${longVersion}.js`
fs.mkdirSync(folder, { recursive: true })
fs.writeFileSync(path.join(folder, file), code)
fs.writeFileSync(path.join(folder, 'list.json'), JSON.stringify({
  builds: [{ path: file, version, build, longVersion, sha256: `0x${crypto.createHash('sha256').update(code).digest('hex')}` }],
  releases: { [version]: file }, latestRelease: version,
}))
console.log(version)
