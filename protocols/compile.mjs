// Compiles the contracts of a pack and writes one JSON (ABI and creation bytecode) for each into its abis/ folder.
//   node compile.mjs PACK            compile and write
//   node compile.mjs PACK --check    say whether the committed ones are current; no compiler is started
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const home = path.dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)
const [pack, flag] = process.argv.slice(2)
if (!pack || !existsSync(path.join(home, pack, 'contracts'))) {
  console.error('usage: node compile.mjs PACK [--check]   (PACK is a folder here that has contracts/)')
  process.exit(2)
}

const contracts = path.join(home, pack, 'contracts')
const abis = path.join(home, pack, 'abis')
const libraries = { ERC1967Proxy: '@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol' }
const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: 'cancun',
  metadata: { bytecodeHash: 'none', appendCBOR: false },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
}

const walk = (dir) => readdirSync(dir, { withFileTypes: true })
  .flatMap((e) => (e.isDirectory() ? walk(path.join(dir, e.name)) : [path.join(dir, e.name)]))
const own = walk(contracts).filter((f) => f.endsWith('.sol')).sort()
const sources = Object.fromEntries(own.map((f) => [
  path.relative(contracts, f).split(path.sep).join('/'), { content: readFileSync(f, 'utf8') }]))

const manifest = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'))
const digest = createHash('sha256').update(JSON.stringify({
  sources, settings, libraries, compiler: manifest.devDependencies,
})).digest('hex')
const recorded = path.join(abis, 'sources.sha256')

if (flag === '--check') {
  const current = existsSync(recorded) && readFileSync(recorded, 'utf8').trim() === digest
  console.log(current ? `${pack}: abis are current` : `${pack}: abis are out of date; run: npm ci && node compile.mjs ${pack}`)
  process.exit(current ? 0 : 1)
}

const solc = require('solc')
const input = { language: 'Solidity', sources: { ...sources }, settings }
for (const file of Object.values(libraries)) {
  input.sources[file] ??= { content: readFileSync(path.join(home, 'node_modules', file), 'utf8') }
}
const output = JSON.parse(solc.compile(JSON.stringify(input), {
  import: (file) => {
    const at = path.join(home, 'node_modules', file)
    return existsSync(at) ? { contents: readFileSync(at, 'utf8') } : { error: `${file} not found; run npm ci` }
  },
}))
const problems = (output.errors ?? []).filter((e) => e.severity === 'error' || !e.sourceLocation?.file.startsWith('@'))
for (const e of problems) console.error(e.formattedMessage)
if (problems.length > 0) process.exit(1)

rmSync(abis, { recursive: true, force: true })
mkdirSync(abis, { recursive: true })
let written = 0
for (const [file, units] of Object.entries(output.contracts)) {
  for (const [name, unit] of Object.entries(units)) {
    const wanted = file in sources || libraries[name] === file
    if (!wanted || unit.evm.bytecode.object === '') continue
    if (unit.evm.bytecode.object.length / 2 > 24_576 + 2_048) throw new Error(`${name} is too large to deploy`)
    const json = { abi: unit.abi, bytecode: { object: `0x${unit.evm.bytecode.object}` } }
    writeFileSync(path.join(abis, `${name}.json`), `${JSON.stringify(json, null, 1)}\n`)
    written += 1
  }
}
writeFileSync(recorded, `${digest}\n`)
console.log(`${pack}: ${written} contracts compiled`)
