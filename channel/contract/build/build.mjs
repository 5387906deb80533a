// Compiles every contract of the repository and writes its artifact beside the source.
//
//   node build.mjs          rebuild the artifacts (make gen)
//   node build.mjs --check  compare instead of writing; exit 1 when a byte differs
//
// Route: Solidity -> IR -> intrinsics replaced -> strict assembly. See intrinsics.mjs for why, and channel/DESIGN.md, 'Contract', for what was rejected.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import path from 'node:path'
import solc from 'solc'
import { declaredIntrinsics, replaceIntrinsics } from './intrinsics.mjs'

const here = path.dirname(fileURLToPath(import.meta.url))
const root = path.resolve(here, '../../..')
const optimizer = { enabled: true, runs: 10_000, details: { yul: true } }
const shared = { evmVersion: 'cancun', optimizer, metadata: { appendCBOR: false, bytecodeHash: 'none' } }

// Sources that become artifacts: every contract named is written to one JSON file. fixedMemory: its assembly uses fixed places in memory (the desk of
// Signatures.sol), so the compiler must not keep variables there.
const targets = [
  { source: 'channel/contract/PaymentChannels.sol', contracts: ['PaymentChannels'], artifact: 'channel/contract/PaymentChannels.json', fixedMemory: true },
  { source: 'trc20/contract/Token.sol', contracts: '*', artifact: 'trc20/contract/Token.json' },
  { source: 'channel/contract/testdata/tokens.sol', contracts: '*', artifact: 'channel/contract/testdata/tokens.json' },
  { source: 'channel/contract/testdata/hostile.sol', contracts: '*', artifact: 'channel/contract/testdata/hostile.json' },
]

function compile(input) {
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport }))
  const problems = (output.errors ?? []).filter((e) => !isNoise(e))
  for (const e of problems) console.error(e.formattedMessage)
  if (problems.length > 0) throw new Error('the compiler complained; warnings count')
  return output
}

const readImport = (name) => ({ contents: readFileSync(path.join(root, name), 'utf8') })

// Transient storage may surprise those who compose calls; the lock, cleared at the end of each call, is what it is for.
const isNoise = (e) => e.message.startsWith('Transient storage as defined by EIP-1153')

// One source by the ordinary compiler: the named outputs of the named contracts ('*' for all), and the syntax trees.
function compileSolidity(source, contracts, outputs) {
  const wanted = Object.fromEntries(contracts.map((name) => [name, outputs]))
  const settings = { ...shared, viaIR: true, outputSelection: { '*': { '': ['ast'] }, [source]: { '': ['ast'], ...wanted } } }
  const content = readFileSync(path.join(root, source), 'utf8')
  return compile({ language: 'Solidity', sources: { [source]: { content } }, settings })
}

// Strict assembly of one IR object.
function assemble(name, ir) {
  const settings = { evmVersion: shared.evmVersion, optimizer, outputSelection: { '*': { '*': ['irOptimized', 'evm.bytecode.object', 'evm.deployedBytecode'] } } }
  const output = compile({ language: 'Yul', sources: { [name]: { content: ir } }, settings })
  return Object.values(output.contracts[name])[0]
}

// The contract through the IR: its artifact, and the intrinsics that were replaced.
function buildContract(name, { abi, ir }, intrinsics, fixedMemory) {
  const used = intrinsics.filter((i) => ir.includes(`function ${i.irName}(`))
  const { evm, irOptimized } = assemble(name, replaceIntrinsics(ir, used))
  if (fixedMemory && !keepsNothingInMemory(irOptimized)) throw new Error(`${name}: the compiler keeps variables in memory from 0x80 on`)
  const immutables = Object.values(evm.deployedBytecode.immutableReferences ?? {}).flat().sort((a, b) => a.start - b.start)
  const artifact = { contract: name, compiler: solc.version(), abi, creation: evm.bytecode.object, runtime: evm.deployedBytecode.object, immutables }
  return { artifact, used }
}

// What has no intrinsics must come out as the ordinary compiler makes it.
function checkAgainstPlain(source, artifacts) {
  if (artifacts.length === 0) return
  const plain = compileSolidity(source, artifacts.map((a) => a.contract), ['evm.bytecode.object']).contracts[source]
  for (const { contract, creation } of artifacts) {
    if (plain[contract].evm.bytecode.object !== creation) throw new Error(`${contract}: strict assembly and plain via-IR differ for a contract without intrinsics`)
  }
}

// Variables that do not fit on the stack go to memory from 0x80 on, and the free pointer begins behind them.
function keepsNothingInMemory(irOptimized) {
  const guards = [...irOptimized.matchAll(/memoryguard\((0x[0-9a-f]+|\d+)\)/g)].map((m) => Number(m[1]))
  return guards.length === 2 && guards.every((g) => g === 0x80)
}

function buildTarget({ source, contracts, fixedMemory }) {
  const output = compileSolidity(source, contracts === '*' ? ['*'] : contracts, ['abi', 'ir'])
  const intrinsics = declaredIntrinsics(output.sources)
  const compiled = Object.entries(output.contracts[source]).filter(([, c]) => c.ir !== '')
  const results = compiled.map(([name, c]) => buildContract(name, c, intrinsics, fixedMemory))
  const used = new Set(results.flatMap((r) => r.used))
  if (used.size !== intrinsics.length) throw new Error(`${source}: ${intrinsics.length} intrinsics declared, ${used.size} replaced`)
  checkAgainstPlain(source, results.filter((r) => r.used.length === 0).map((r) => r.artifact))
  const artifacts = results.map((r) => r.artifact)
  return render(contracts === '*' ? artifacts : artifacts[0])
}

// One ABI entry a line: a change of the contract reads well in a diff.
function render(artifact) {
  if (Array.isArray(artifact)) return `[\n${artifact.map((a) => render(a).trimEnd()).join(',\n')}\n]\n`
  const { abi, ...rest } = artifact
  const lines = Object.entries(rest).map(([k, v]) => `  ${JSON.stringify(k)}: ${JSON.stringify(v)}`)
  lines.push(`  "abi": [\n${abi.map((e) => '    ' + JSON.stringify(e)).join(',\n')}\n  ]`)
  return `{\n${lines.join(',\n')}\n}\n`
}

let stale = 0
for (const target of targets) {
  const text = buildTarget(target)
  const file = path.join(root, target.artifact)
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text)
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${target.artifact} is not what its source compiles to`)
    stale++
  }
}
process.exitCode = stale > 0 ? 1 : 0
