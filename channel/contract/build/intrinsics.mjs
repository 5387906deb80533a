// The TVM has four opcodes for TRC-10 tokens that solc does not know (0xd0-0xd3). They are declared in Solidity as free functions with the tag
// "@custom:opcode 0xd2" and a body that reverts; here their bodies in the IR become the `verbatim` opcode of strict assembly.

// The opcodes' operands and results.
const opcodes = {
  '0xd0': { name: 'CALLTOKEN', operands: 8, results: 1 },
  '0xd1': { name: 'TOKENBALANCE', operands: 2, results: 1 },
  '0xd2': { name: 'CALLTOKENVALUE', operands: 0, results: 1 },
  '0xd3': { name: 'CALLTOKENID', operands: 0, results: 1 },
}

// The intrinsics that the sources declare: [{ irName, opcode }].
export function declaredIntrinsics(sources) {
  const found = []
  for (const { ast } of Object.values(sources)) {
    for (const node of ast.nodes) {
      const tag = /@custom:opcode\s+(0x[0-9a-f]{2})/.exec(node.documentation?.text ?? '')
      if (!tag) continue
      if (node.nodeType !== 'FunctionDefinition' || !opcodes[tag[1]]) throw new Error(`@custom:opcode ${tag[1]} on ${node.name}: unknown opcode or no free function`)
      found.push({ irName: `fun_${node.name}_${node.id}`, opcode: tag[1] })
    }
  }
  return found
}

// The IR with the body of each intrinsic replaced by its opcode. Creation and runtime code are one text, so a function may be in it twice.
export function replaceIntrinsics(ir, intrinsics) {
  for (const { irName, opcode } of intrinsics) {
    let at = 0
    while ((at = ir.indexOf(`function ${irName}(`, at)) >= 0) {
      const open = ir.indexOf('{', at)
      const close = matchingBrace(ir, open)
      const body = opcodeBody(ir.slice(at, open), opcode)
      ir = ir.slice(0, open) + body + ir.slice(close + 1)
      at = open + body.length
    }
  }
  return ir
}

function opcodeBody(signature, opcode) {
  const { name, operands, results } = opcodes[opcode]
  const [, inputs, outputs] = /\(([^)]*)\)\s*(?:->\s*(.*?))?\s*$/s.exec(signature)
  const split = (list) => (list ?? '').split(',').map((s) => s.trim()).filter(Boolean)
  if (split(inputs).length !== operands || split(outputs).length !== results) throw new Error(`${name} takes ${operands} operands and gives ${results}: ${signature}`)
  const args = [`hex"${opcode.slice(2)}"`, ...split(inputs)].join(', ')
  return `{ ${split(outputs)[0]} := verbatim_${operands}i_${results}o(${args}) }`
}

// Comments of the IR quote source text, which may hold braces: they are stepped over.
function matchingBrace(ir, open) {
  for (let i = open, depth = 0; i < ir.length; i++) {
    if (ir.startsWith('///', i)) i = ir.indexOf('\n', i)
    else if (ir.startsWith('/*', i)) i = ir.indexOf('*/', i) + 1
    else if (ir[i] === '{') depth++
    else if (ir[i] === '}' && --depth === 0) return i
  }
  throw new Error('unbalanced braces in the IR')
}
