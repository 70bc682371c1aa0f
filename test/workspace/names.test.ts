import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHAINS, type ChainName, POLICY_TYPES, SENDABLE } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** Names that shared code must not ask for, and the only places that may say them. A folder ends in a slash. */
type Rule = {
  readonly names: readonly string[]
  /** How code says a name. */
  readonly said: (name: string) => RegExp
  /** The file or folder of one name beside the tables. */
  readonly homes: (name: string) => readonly string[]
  /** Code that asks for a name, in each of its ways. */
  readonly branches: (name: string) => readonly string[]
  /** What only looks like the name. */
  readonly harmless: (name: string) => string
  readonly tables: readonly string[]
  /** Other places, each with its reason. */
  readonly others: Readonly<Record<string, string>>
}
/** Of what the daemon does for itself: no request asks for it. */
const OWN_KIND = 'lane'
const kebab = (name: string): string => name.toLowerCase().replaceAll('_', '-')
const folders: Record<ChainName, string> = { ethereum: 'evm', solana: 'solana', ripple: 'ripple' }

const rules: Readonly<Record<string, Rule>> = {
  'policy types': {
    names: POLICY_TYPES,
    said: (name) => new RegExp(`\\b${name}\\b`),
    homes: (name) =>
      ['packages/contract/src/policies/', 'packages/daemon/src/policies/types/'].map((at) => `${at}${kebab(name)}.ts`),
    branches: (name) => [`if (policy.type === '${name}') return`],
    harmless: (name) => `code: '${name}_EXCEEDED'`,
    tables: ['packages/contract/src/policies/all.ts', 'packages/daemon/src/policies/types/all.ts'],
    others: {
      'packages/cli/src/demo/script.ts': 'the demo is a client that writes a policy',
      'packages/cli/src/up/names.ts': 'a client that writes a policy asks what its rules take for a host',
      'packages/contract/src/policies/templates.ts': 'a template is a set of policies',
      'packages/admin/src/pages/policies/type-names.ts': 'how people call them, in each language',
    },
  },
  'chain families': {
    names: CHAINS,
    said: (name) => new RegExp(`['"\`]${name}['"\`]`),
    homes: (name) => [`packages/daemon/src/chains/${folders[CHAINS.find((chain) => chain === name)!]}/`],
    branches: (name) => [`if (network.chain === '${name}') return`],
    harmless: (name) => `import('./${name}/chain.ts'), '${name}-mainnet'`,
    tables: [
      'packages/contract/src/families.ts',
      'packages/contract/src/networks.ts',
      'packages/daemon/src/keys/types.ts',
    ],
    others: {
      'packages/contract/src/wallets.ts': 'the wire has a default',
      'packages/daemon/src/prices/web/ids.ts': 'another service has names of its own for coins, two of them the same',
      'packages/cli/src/demo/chains.ts': 'the demo is a client with a plan for each chain',
      'packages/cli/src/demo/script.ts': 'the names are those of the local nodes',
      'packages/cli/src/commands/wallet-import.ts': 'a client offers what has networks',
      'packages/cli/src/over-ceilings.ts':
        'tokens of one family are in accounts of their own, whose owner a client derives',
      'packages/cli/src/first-set.ts': 'a client translates what people say',
      'packages/daemon/src/keys/probe/daemon.ts': 'a program of the tests of its folder',
      'packages/daemon/src/keys/signer/solana-transaction.ts': 'the reader of the family in the signer',
      'packages/sdk/src/viem.ts': 'an account of a library of that family',
      'packages/sdk/src/solana.ts': 'a signer of a library of that family',
    },
  },
  'types of requests': {
    names: SENDABLE,
    said: (name) => new RegExp(`\\b${name}\\b`),
    homes: (name) => [
      `packages/contract/src/requests/${kebab(name)}.ts`,
      `packages/daemon/src/transactions/kinds/${kebab(name)}.ts`,
    ],
    branches: (name) => [
      `if (request.type === '${name}') return`,
      `case '${name}':`,
      `tell(\`{"type":"${name}","to"}\`)`,
    ],
    harmless: (name) => `code: '${name}_EXCEEDED', tool: 'NOT_${name}'`,
    tables: [
      'packages/contract/src/wire.ts',
      'packages/contract/src/requests/all.ts',
      'packages/daemon/src/transactions/kinds/all.ts',
    ],
    others: {
      'packages/contract/src/messages.ts': 'what a signed transaction does has names of its own, some of them the same',
      'packages/daemon/src/transactions/signatures/operations.ts':
        'what a signed transaction does has names of its own, some of them the same',
      'packages/contract/src/requests/batch.ts': 'a batch says which types it may hold',
      'packages/sdk/src/send.ts': 'a person names no type: what is paid tells it',
      'packages/daemon/src/rpc-proxy/sending.ts': 'clients of nodes name no type: what a transaction has tells it',
      'packages/admin/src/pages/activity/states.ts': 'a table of what people call them, in each language',
    },
  },
  'kinds of transactions': {
    names: [...SENDABLE.map(kebab), OWN_KIND],
    said: (name) => new RegExp(`\\bkind\\??: '${name}'|\\bkind [!=]== '${name}'|\\bcase '${name}'|IntentOf<'${name}'>`),
    homes: (name) =>
      [
        'packages/daemon/src/transactions/kinds/',
        ...Object.values(folders).map((family) => `packages/daemon/src/chains/${family}/plan/`),
      ].map((at) => `${at}${name}.ts`),
    branches: (name) => [
      `if (intent.kind === '${name}') return`,
      `const isOther = intent.kind !== '${name}'`,
      `case '${name}':`,
      `const intent: Intent = { kind: '${name}', to }`,
      `function send(intent: IntentOf<'${name}'>)`,
    ],
    harmless: (name) => `read('${name}'), { type: '${name}' }, import('./${name}.ts')`,
    // Their rows are keys, which the compiler holds to the kinds: nothing is asked for by name there.
    tables: [],
    others: {
      'packages/contract/src/effects.ts': 'kinds of effects, which this file owns',
      'packages/daemon/src/transactions/lanes/replace.ts': 'a lane asks for the kind that is its own',
      'packages/daemon/src/transactions/lanes/gap-fill.ts': 'a lane asks for the kind that is its own',
      'packages/daemon/src/transactions/deciding/payable.ts': 'what a payment costs is measured with the smallest ones',
    },
  },
}

/** `file: name` for each name that stands where it must not. */
function misplaced(rule: Rule, files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).flatMap(([file, text]) =>
    rule.names
      .filter((name) => rule.said(name).test(text))
      .filter((name) => !rule.homes(name).some((home) => (home.endsWith('/') ? file.startsWith(home) : file === home)))
      .filter(() => !rule.tables.includes(file) && !Object.hasOwn(rule.others, file))
      .map((name) => `${file}: ${name}`),
  )
}

/** What runs: the sources of all packages, without their tests. */
const sources = Object.fromEntries(
  globSync('packages/*/src/**/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => [file, readFileSync(join(root, file), 'utf8')]),
)

describe.each(Object.entries(rules))('%s', (_, rule) => {
  test('are named in their own files and the tables alone', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(100)
    expect(misplaced(rule, sources)).toEqual([])
  })
  test.each(rule.names)('%s is found where it was planted', (name) => {
    const shared = 'packages/daemon/src/transactions/deciding/judge.ts'
    const other = rule.names.find((candidate) => candidate !== name)!
    const home = (of: string) => rule.homes(of)[0]!.replace(/\/$/, '/draft.ts')
    const another = home(other)
    for (const branch of rule.branches(name)) {
      const found = [`${shared}: ${name}`, `${another}: ${name}`]
      expect(misplaced(rule, { [shared]: branch, [another]: branch }), branch).toEqual(found)
      expect(misplaced(rule, { [home(name)]: branch }), branch).toEqual([])
    }
    expect(misplaced(rule, { [shared]: rule.harmless(name) })).toEqual([])
  })
  test('every place that is allowed still needs it', () => {
    const isNeeded = (file: string) => rule.names.some((name) => rule.said(name).test(sources[file] ?? ''))
    for (const file of [...rule.tables, ...Object.keys(rule.others)]) expect(isNeeded(file), file).toBe(true)
  })
})
