// Compiles every contract of the repository and writes its artifact beside the source.
//
//   node build.mjs          rebuild the artifacts (make gen)
//   node build.mjs --check  compare instead of writing; exit 1 when a byte differs
//
// Route: Solidity -> IR -> intrinsics replaced -> strict assembly. See intrinsics.mjs for why, ../DESIGN in channel/DESIGN.md for what else was tried.
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

// Plain via-IR compilation of one source, with the IR and the syntax tree.
function compileSolidity(source) {
  const selection = { '*': { '*': ['abi', 'ir', 'evm.bytecode.object', 'evm.deployedBytecode'], '': ['ast'] } }
  const settings = { ...shared, viaIR: true, outputSelection: selection }
  const content = readFileSync(path.join(root, source), 'utf8')
  return compile({ language: 'Solidity', sources: { [source]: { content } }, settings })
}

// Strict assembly of one IR object.
function assemble(name, ir) {
  const settings = { evmVersion: shared.evmVersion, optimizer, outputSelection: { '*': { '*': ['irOptimized', 'evm.bytecode.object', 'evm.deployedBytecode'] } } }
  const output = compile({ language: 'Yul', sources: { [name]: { content: ir } }, settings })
  return Object.values(output.contracts[name])[0]
}

function buildContract(name, plain, intrinsics, fixedMemory) {
  const used = intrinsics.filter((i) => plain.ir.includes(`function ${i.irName}(`))
  const { evm, irOptimized } = assemble(name, replaceIntrinsics(plain.ir, used))
  if (fixedMemory && !keepsNothingInMemory(irOptimized)) throw new Error(`${name}: the compiler keeps variables in memory from 0x80 on`)
  if (used.length === 0 && evm.bytecode.object !== plain.evm.bytecode.object) {
    throw new Error(`${name}: strict assembly and plain via-IR differ for a contract without intrinsics`)
  }
  const immutables = Object.values(evm.deployedBytecode.immutableReferences ?? {}).flat().sort((a, b) => a.start - b.start)
  return {
    built: { contract: name, compiler: solc.version(), abi: plain.abi, creation: evm.bytecode.object, runtime: evm.deployedBytecode.object, immutables },
    used,
  }
}

// Variables that do not fit on the stack go to memory from 0x80 on, and the free pointer begins behind them.
function keepsNothingInMemory(irOptimized) {
  const guards = [...irOptimized.matchAll(/memoryguard\((0x[0-9a-f]+|\d+)\)/g)].map((m) => Number(m[1]))
  return guards.length === 2 && guards.every((g) => g === 0x80)
}

function buildTarget({ source, contracts, fixedMemory }) {
  const output = compileSolidity(source)
  const intrinsics = declaredIntrinsics(output.sources)
  const compiled = output.contracts[source]
  const names = contracts === '*' ? Object.keys(compiled).filter((n) => compiled[n].evm.bytecode.object !== '') : contracts
  const results = names.map((name) => buildContract(name, compiled[name], intrinsics, fixedMemory))
  const used = new Set(results.flatMap((r) => r.used))
  if (used.size !== intrinsics.length) throw new Error(`${source}: ${intrinsics.length} intrinsics declared, ${used.size} replaced`)
  const artifacts = results.map((r) => r.built)
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
