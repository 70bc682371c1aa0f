// Compiles contracts/*.sol into src/evm/contracts.gen.json. Run it after changing a contract.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

type CompilerOutput = {
  errors?: { severity: string; formattedMessage: string }[]
  contracts: Record<
    string,
    Record<string, { abi: unknown[]; evm: Record<'bytecode' | 'deployedBytecode', { object: string }> }>
  >
}
// solc has no types of its own; compile() takes and returns the compiler's standard JSON as text.
const solc = createRequire(import.meta.url)('solc') as { version(): string; compile(input: string): string }
const own = new URL('../contracts/', import.meta.url)

/** The file the generated JSON is committed in. */
export const generatedFile = new URL('../src/evm/contracts.gen.json', import.meta.url)

type Compiled = Record<string, { abi: unknown[]; bytecode: string; deployedBytecode: string }>

/** The contracts of all files of a folder, by name. Throws with the compiler's words. */
export function compileFolder(folder: URL, { optimized }: { optimized: boolean }): Compiled {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sol'))
  const sources = Object.fromEntries(
    names.map((name) => [name, { content: readFileSync(new URL(name, folder), 'utf8') }]),
  )
  const settings = {
    optimizer: { enabled: optimized, runs: 200 },
    evmVersion: 'cancun',
    metadata: { appendCBOR: false, bytecodeHash: 'none' },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
  }
  const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings }))) as CompilerOutput
  if (output.errors?.length) throw new Error(output.errors.map((error) => error.formattedMessage).join('\n'))
  const contracts = Object.values(output.contracts).flatMap((file) => Object.entries(file))
  const generated = contracts.map(([name, { abi, evm }]) => [
    name,
    { abi, bytecode: `0x${evm.bytecode.object}`, deployedBytecode: `0x${evm.deployedBytecode.object}` },
  ])
  return Object.fromEntries(generated)
}

/** Compiles the contracts of this package; the text is what the generated file must hold. */
export const compileContracts = (): string =>
  `${JSON.stringify({ compiler: solc.version(), contracts: compileFolder(own, { optimized: true }) }, null, 1)}\n`

if (import.meta.main) writeFileSync(generatedFile, compileContracts())
