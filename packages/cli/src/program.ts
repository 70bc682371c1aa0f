import { didYouMean, findCommand, usage } from '@waiaas/contract'
import { ownerCommand, ownerCommands } from './commands/owner-sign.ts'
import { derivedCommands, derivedUsage, runDerived } from './derived.ts'
import { UsageError } from './errors.ts'
import { report } from './report.ts'
import { print } from './terminal.ts'

type Loaded = { readonly usage: string; run(argv: readonly string[]): Promise<number | undefined> }
type Own = { readonly name: string; readonly summary: string; readonly load: () => Promise<Loaded> }

// Loaded when asked for: the daemon and the localnet are heavy, and most commands need neither.
const own: readonly Own[] = [
  { name: 'init', summary: 'Create the data directory.', load: () => import('./commands/init.ts') },
  { name: 'start', summary: 'Start the daemon in this terminal.', load: () => import('./commands/start.ts') },
  { name: 'stop', summary: 'Stop the daemon cleanly.', load: () => import('./commands/stop.ts') },
  { name: 'status', summary: 'Show whether the daemon is running.', load: () => import('./commands/status.ts') },
  {
    name: 'quickset',
    summary: 'Set up wallets, a session and an MCP client in one step.',
    load: () => import('./commands/quickset.ts'),
  },
  { name: 'quickstart', summary: 'The same as quickset.', load: () => import('./commands/quickset.ts') },
  { name: 'set-master', summary: 'Change the master password.', load: () => import('./commands/set-master.ts') },
  {
    name: 'trust',
    summary: "Show the fingerprint of the signer's key, or trust a new one.",
    load: () => import('./commands/trust.ts'),
  },
  {
    name: 'mcp setup',
    summary: 'Set up an MCP client for one wallet, or for each.',
    load: () => import('./commands/mcp-setup.ts'),
  },
  {
    name: 'agent pair',
    summary: 'Give an agent that shows a code a session.',
    load: () => import('./commands/agent-pair.ts'),
  },
  {
    name: 'import',
    summary: 'Import the wallets of WAIaaS 2.x.',
    load: () => import('./commands/import-legacy.ts'),
  },
  {
    name: 'wallet import',
    summary: 'Import a key as a wallet. It travels sealed.',
    load: () => import('./commands/wallet-import.ts'),
  },
  {
    name: 'wallet export',
    summary: 'Export the key of a wallet into a file. It travels sealed.',
    load: () => import('./commands/wallet-export.ts'),
  },
  ...ownerCommands.map(({ name, summary }) => ({ name, summary, load: async () => ownerCommand(name) })),
  {
    name: 'exposure',
    summary: 'Show the most that can leave if an agent is taken over now.',
    load: () => import('./commands/exposure.ts'),
  },
  { name: 'balance', summary: 'Show what your wallets hold.', load: () => import('./commands/balance.ts') },
  {
    name: 'settings set',
    summary: 'Change a setting while the daemon runs.',
    load: () => import('./commands/settings-set.ts'),
  },
  {
    name: 'policy export',
    summary: 'Export all policies as YAML.',
    load: () => import('./commands/policy-export.ts'),
  },
  {
    name: 'policy apply',
    summary: 'Make the policies those of a file, or show what would change.',
    load: () => import('./commands/policy-apply.ts'),
  },
  { name: 'events', summary: 'Show what happens, as it happens.', load: () => import('./commands/events.ts') },
  {
    name: 'audit verify',
    summary: 'Check that nobody has altered the audit log.',
    load: () => import('./commands/audit-verify.ts'),
  },
  {
    name: 'audit export',
    summary: 'Export the audit log into a file.',
    load: () => import('./commands/audit-export.ts'),
  },
  {
    name: 'receipt get',
    summary: 'Get a signed receipt of a transaction.',
    load: () => import('./commands/receipt-get.ts'),
  },
  {
    name: 'receipt verify',
    summary: 'Prove a receipt with the public key alone, on any machine.',
    load: () => import('./commands/receipt-verify.ts'),
  },
  {
    name: 'tx export',
    summary: 'Export what has left wallets as CSV, with dollars.',
    load: () => import('./commands/tx-export.ts'),
  },
  {
    name: 'tx approve',
    summary: 'Show what waits for you, and approve it.',
    load: () => import('./commands/tx-approve.ts'),
  },
  { name: 'transactions export', summary: 'The same as tx export.', load: () => import('./commands/tx-export.ts') },
  {
    name: 'backup create',
    summary: 'Back up the daemon into an encrypted file. It may run meanwhile.',
    load: () => import('./commands/backup-create.ts'),
  },
  { name: 'backup list', summary: 'List the backups.', load: () => import('./commands/backup-list.ts') },
  {
    name: 'backup inspect',
    summary: 'Show what a backup contains.',
    load: () => import('./commands/backup-inspect.ts'),
  },
  {
    name: 'restore',
    summary: 'Restore a backup. The daemon must be stopped.',
    load: () => import('./commands/restore.ts'),
  },
  { name: 'dev', summary: 'Start local chains and a daemon for development.', load: () => import('./commands/dev.ts') },
  {
    name: 'demo',
    summary: 'Watch a scripted agent at work on local chains.',
    load: () => import('./commands/demo.ts'),
  },
]

/** Runs one command line and gives the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    return await route(argv)
  } catch (error) {
    return report(
      error,
      argv.some((word) => word === '--json' || word === '--json=true'),
    )
  }
}

async function route(argv: readonly string[]): Promise<number> {
  const wantsHelp = argv.includes('--help') || argv.includes('-h')
  const mine = own.find(({ name }) => startsWith(argv, name))
  if (mine) return runOwn(mine, argv, wantsHelp)
  const derived = findCommand(derivedCommands(), argv)
  if (derived) {
    if (wantsHelp) print(derivedUsage(derived))
    else await runDerived(derived, argv.slice(words(derived.name)))
    return 0
  }
  const group = argv.filter((word) => !word.startsWith('-'))[0]
  if (group === undefined || group === 'help') {
    print(overview())
    return group === undefined && !wantsHelp ? 2 : 0
  }
  const near = allCommands().filter(({ name }) => name.startsWith(`${group} `))
  if (near.length > 0 && wantsHelp) {
    print(usage(near))
    return 0
  }
  const nearest = nearestOf(argv)
  throw new UsageError(
    `unknown command "${argv.slice(0, 2).join(' ')}"${nearest}`,
    near.length > 0 ? usage(near) : 'waiaas --help lists the commands',
  )
}

/** What was probably meant by two words, or by the first. */
function nearestOf(argv: readonly string[]): string {
  const names = allCommands().map(({ name }) => name)
  const [first = '', second = ''] = argv.filter((word) => !word.startsWith('-'))
  return didYouMean(`${first} ${second}`, names) || didYouMean(first, names)
}

async function runOwn(command: Own, argv: readonly string[], wantsHelp: boolean): Promise<number> {
  const loaded = await command.load()
  if (!wantsHelp) return (await loaded.run(argv.slice(words(command.name)))) ?? 0
  print(loaded.usage)
  return 0
}

const words = (name: string): number => name.split(' ').length
const startsWith = (argv: readonly string[], name: string): boolean => argv.slice(0, words(name)).join(' ') === name

function allCommands(): ReturnType<typeof derivedCommands> {
  const mine = own.map(({ name, summary }) => ({ name, summary, operation: '', flags: [], places: [], fixed: {} }))
  const names = new Set(own.map(({ name }) => name))
  return [...mine, ...derivedCommands().filter(({ name }) => !names.has(name))]
}

const overview = (): string => `usage: waiaas <command> [flags]

${usage(allCommands())}

waiaas <command> --help describes one.`
