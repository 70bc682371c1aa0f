import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

type Violation = { from: string; to: string; rule: { name: string } }
type Summary = { violations: Violation[]; totalCruised: number }
type Tree = Record<string, string>

const root = join(import.meta.dirname, '../..')
const config = join(root, '.dependency-cruiser.cjs')
const require = createRequire(import.meta.url)
const rules: string[] = require(config).forbidden.map(({ name }: { name: string }) => name)

function cruise(cwd: string, ...args: string[]): Summary {
  const command = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const run = spawnSync(process.execPath, [command, '--config', config, '--output-type', 'json', ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (!run.stdout) throw new Error(`dependency-cruiser gave no report: ${run.stderr}`)
  return JSON.parse(run.stdout).summary
}

/** Files that break no rule, in the layout of the workspace. The planted ones below import them. */
const sound: Tree = {
  'packages/contract/src/index.ts': "export * from './money.ts'",
  'packages/contract/src/money.ts': 'export const money = 1',
  'packages/sdk/src/index.ts': "export * from '@waiaas/contract'",
  'packages/mcp/src/index.ts': "import '@waiaas/sdk'",
  'packages/localnet/src/index.ts': 'export const localnet = 1',
  'packages/cli/src/main.ts': "import '@waiaas/daemon'\nimport '@waiaas/localnet'\nimport '@waiaas/sdk'",
  'packages/daemon/src/index.ts': "export * from './daemon.ts'",
  'packages/daemon/src/daemon.ts':
    "import './ground.ts'\nimport './wallets/service.ts'\nimport './wallets/handlers.ts'\nexport const daemon = 1",
  'packages/daemon/src/ground.ts': "import './keys/service.ts'",
  'packages/daemon/src/platform/clock.ts': "import '@waiaas/contract'",
  'packages/daemon/src/chains/chain.ts': "import '../platform/clock.ts'",
  'packages/daemon/src/chains/families.ts': "import './evm/address.ts'",
  'packages/daemon/src/chains/evm/address.ts': 'export const parse = 1',
  'packages/daemon/src/keys/service.ts': "import './types.ts'",
  'packages/daemon/src/keys/types.ts': 'export type Key = 1',
  'packages/daemon/src/keys/signing.ts': "import './types.ts'",
  'packages/daemon/src/gate/service.ts': "import '../keys/signing.ts'",
  'packages/daemon/src/ledger/service.ts': "import '../platform/clock.ts'",
  'packages/daemon/src/keys/seal.ts': "import 'node:crypto'",
  'packages/daemon/src/keys/signer/main.ts': "import '../seal.ts'",
  'packages/daemon/src/policies/service.ts': "import '../wallets/service.ts'",
  'packages/daemon/src/policies/types.ts': 'export const tier = 1\nexport type Tier = 1',
  'packages/daemon/src/wallets/service.ts':
    "import '../keys/service.ts'\nimport './store.ts'\nimport type { Tier } from '../policies/types.ts'",
  'packages/daemon/src/wallets/handlers.ts': "import './service.ts'",
  'packages/daemon/src/wallets/store.ts': "import '../chains/chain.ts'",
  'packages/daemon/src/wallets/wallets.test.ts': "import '../policies/service.ts'\nimport '../policies/types.ts'",
}

/** One violation per rule; the first file of each is the one that must be reported. */
const planted: Record<string, Tree> = {
  'no-cycles': {
    'packages/sdk/src/one.ts': "import './other.ts'",
    'packages/sdk/src/other.ts': "import './one.ts'",
  },
  'nothing-unresolved': { 'packages/mcp/src/nowhere.ts': "import './gone.ts'" },
  'nothing-imports-tests': { 'packages/daemon/src/wallets/loose.ts': "import './wallets.test.ts'" },
  'contract-stands-alone': { 'packages/contract/src/leak.ts': "import '../../sdk/src/index.ts'" },
  'contract-loads-in-a-browser': { 'packages/contract/src/file.ts': "import 'node:fs'" },
  'clients-never-reach-the-daemon': { 'packages/mcp/src/shortcut.ts': "import '@waiaas/daemon'" },
  'sdk-knows-the-contract-only': { 'packages/sdk/src/mcp.ts': "import '@waiaas/mcp'" },
  'cli-enters-by-the-front-door': { 'packages/cli/src/window.ts': "import '../../daemon/src/daemon.ts'" },
  'daemon-knows-no-client': { 'packages/daemon/src/demo.ts': "import '@waiaas/localnet'" },
  'localnet-stands-alone': { 'packages/localnet/src/spec.ts': "import '@waiaas/contract'" },
  'platform-knows-no-domain': { 'packages/daemon/src/platform/jobs.ts': "import '../policies/service.ts'" },
  'chains-and-actions-know-no-feature': { 'packages/daemon/src/actions/lend.ts': "import '../wallets/service.ts'" },
  'a-chain-family-is-entered-from-chains': {
    'packages/daemon/src/policies/checksum.ts': "import '../chains/evm/address.ts'",
  },
  'chain-families-know-nothing-of-each-other': {
    'packages/daemon/src/chains/solana/borrowed.ts': "import '../evm/address.ts'",
  },
  'a-feature-is-entered-by-its-service': {
    'packages/daemon/src/sessions/service.ts': "export const open = () => import('../wallets/store.ts')",
  },
  'root-files-enter-by-the-service': { 'packages/daemon/src/start.ts': "import './wallets/store.ts'" },
  'types-of-a-feature-are-only-types': {
    'packages/daemon/src/sessions/rules.ts': "import { tier } from '../policies/types.ts'",
  },
  'ledger-and-gate-know-no-feature': { 'packages/daemon/src/ledger/rules.ts': "import '../policies/service.ts'" },
  'keys-have-few-callers': { 'packages/daemon/src/sessions/sign.ts': "import '../keys/service.ts'" },
  'only-the-gate-signs': { 'packages/daemon/src/wallets/sign.ts': "import '../keys/signing.ts'" },
  'keys-are-entered-by-their-service': { 'packages/daemon/src/transactions/raw.ts': "import '../keys/seal.ts'" },
  'the-signer-has-no-network': {
    'packages/daemon/src/keys/signer/talk.ts': "import '../wire.ts'",
    'packages/daemon/src/keys/wire.ts': "export const dial = async () => await import('node:net')",
  },
  'the-signer-loads-keys-only': {
    'packages/daemon/src/keys/signer/wide.ts': "import '../wide.ts'",
    'packages/daemon/src/keys/wide.ts': "import '../chains/chain.ts'",
  },
}

function plant(tree: Tree): string {
  const folder = mkdtempSync(join(tmpdir(), 'waiaas-boundaries-'))
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  mkdirSync(join(folder, 'node_modules/@waiaas'), { recursive: true })
  for (const name of ['contract', 'sdk', 'mcp', 'localnet', 'cli', 'daemon']) {
    const manifest = { name: `@waiaas/${name}`, type: 'module', exports: './src/index.ts' }
    writeFileSync(join(folder, 'packages', name, 'package.json'), JSON.stringify(manifest))
    symlinkSync(join('../../packages', name), join(folder, 'node_modules/@waiaas', name))
  }
  return folder
}

describe('import boundaries', () => {
  const folders: string[] = []
  let found: Violation[]

  beforeAll(() => {
    folders.push(plant(sound), plant(Object.assign({}, sound, ...Object.values(planted))))
    found = cruise(folders[1]!, 'packages').violations
  })
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true })
  })

  test('a sound workspace breaks no rule', () => {
    expect(cruise(folders[0]!, 'packages').violations).toEqual([])
  })

  test('a violation is planted for every rule', () => {
    expect(Object.keys(planted).sort()).toEqual([...rules].sort())
  })

  test.each(rules)('%s reports its planted violation', (rule) => {
    const reported = found.filter((violation) => violation.rule.name === rule).map(({ from }) => from)
    expect(reported).toContain(Object.keys(planted[rule] ?? {})[0])
  })

  test('the check really reads this workspace', () => {
    expect(cruise(root, 'packages').totalCruised).toBeGreaterThan(20)
  })
})
