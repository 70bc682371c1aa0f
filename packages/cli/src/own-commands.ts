import { ownerCommand, ownerCommands } from './commands/owner-sign.ts'
import type { Program } from './overview.ts'

type Loaded = { readonly usage: string; run(argv: readonly string[], program: Program): Promise<number | undefined> }
/** A command that is written by hand. */
export type Own = {
  readonly name: string
  readonly summary: string
  readonly example: string
  readonly load: () => Promise<Loaded>
}

// Loaded when asked for: the daemon and the localnet are heavy, and most commands need neither.
export const ownCommands: readonly Own[] = [
  {
    name: 'up',
    summary: 'Start everything, from nothing to an agent that pays.',
    example: 'up --network local',
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'init',
    summary: 'Create the data directory.',
    example: 'init --data-dir ~/waiaas',
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'start',
    summary: 'Start the daemon in this terminal.',
    example: 'start',
    load: () => import('./commands/start.ts'),
  },
  { name: 'stop', summary: 'Stop the daemon cleanly.', example: 'stop', load: () => import('./commands/stop.ts') },
  {
    name: 'status',
    summary: 'Show whether the daemon is running.',
    example: 'status',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'quickset',
    summary: 'Set up wallets, a session and an MCP client in one step.',
    example: 'quickset --mode local',
    load: () => import('./commands/quickset.ts'),
  },
  {
    name: 'quickstart',
    summary: 'The same as quickset.',
    example: 'quickstart --mode local',
    load: () => import('./commands/quickset.ts'),
  },
  {
    name: 'set-master',
    summary: 'Change the master password.',
    example: 'set-master',
    load: () => import('./commands/set-master.ts'),
  },
  {
    name: 'set-view-password',
    summary: 'Set the password of people who only look at the admin page.',
    example: 'set-view-password',
    load: () => import('./commands/set-view-password.ts'),
  },
  {
    name: 'trust',
    summary: "Show the fingerprint of the signer's key, or trust a new one.",
    example: 'trust',
    load: () => import('./commands/trust.ts'),
  },
  {
    name: 'mcp setup',
    summary: 'Set up an MCP client for one wallet, or for each.',
    example: 'mcp setup --wallet shop',
    load: () => import('./commands/mcp-setup.ts'),
  },
  {
    name: 'agent pair',
    summary: 'Give an agent that shows a code a session.',
    example: 'agent pair BCDF-GHJK --wallet shop --template stablecoins',
    load: () => import('./commands/agent-pair.ts'),
  },
  {
    name: 'import',
    summary: 'Import the wallets of WAIaaS 2.x.',
    example: 'import --from ~/.waiaas-2',
    load: () => import('./commands/import-legacy.ts'),
  },
  {
    name: 'wallet import',
    summary: 'Import a key as a wallet. It travels sealed.',
    example: 'wallet import --name shop --chain ethereum --environment testnet --format private-key',
    load: () => import('./commands/wallet-import.ts'),
  },
  {
    name: 'wallet export',
    summary: 'Export the key of a wallet into a file. It travels sealed.',
    example: 'wallet export shop --output shop.key',
    load: () => import('./commands/wallet-export.ts'),
  },
  ...ownerCommands.map((about) => ({ ...about, load: async () => ownerCommand(about.name) })),
  {
    name: 'exposure',
    summary: 'Show the most that can leave if an agent is taken over now.',
    example: 'exposure shop',
    load: () => import('./commands/exposure.ts'),
  },
  {
    name: 'balance',
    summary: 'Show what your wallets hold.',
    example: 'balance shop',
    load: () => import('./commands/balance.ts'),
  },
  {
    name: 'fund',
    summary: 'Give a wallet test money on a local chain.',
    example: 'fund shop 100 USDC',
    load: () => import('./commands/fund.ts'),
  },
  {
    name: 'settings set',
    summary: 'Change a setting while the daemon runs.',
    example: 'settings set display.currency EUR',
    load: () => import('./commands/settings-set.ts'),
  },
  {
    name: 'policy export',
    summary: 'Export all policies as YAML.',
    example: 'policy export',
    load: () => import('./commands/policy-export.ts'),
  },
  {
    name: 'policy apply',
    summary: 'Make the policies those of a file, or show what would change.',
    example: 'policy apply policies.yaml --dry-run',
    load: () => import('./commands/policy-apply.ts'),
  },
  {
    name: 'events',
    summary: 'Show what happens, as it happens.',
    example: 'events',
    load: () => import('./commands/events.ts'),
  },
  {
    name: 'audit verify',
    summary: 'Check that nobody has altered the audit log.',
    example: 'audit verify',
    load: () => import('./commands/audit-verify.ts'),
  },
  {
    name: 'audit export',
    summary: 'Export the audit log into a file.',
    example: 'audit export --output audit.jsonl',
    load: () => import('./commands/audit-export.ts'),
  },
  {
    name: 'receipt get',
    summary: 'Get a signed receipt of a transaction.',
    example: 'receipt get 0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57 --output receipt.json',
    load: () => import('./commands/receipt-get.ts'),
  },
  {
    name: 'receipt verify',
    summary: 'Prove a receipt with the public key alone, on any machine.',
    example: 'receipt verify receipt.json --public-key dGhlIGtleSB0aGF0IG11c3QgaGF2ZSBzaWduZWQgaXQ=',
    load: () => import('./commands/receipt-verify.ts'),
  },
  {
    name: 'tx export',
    summary: 'Export what has left wallets as CSV, with dollars.',
    example: 'tx export --output movements.csv',
    load: () => import('./commands/tx-export.ts'),
  },
  {
    name: 'tx approve',
    summary: 'Show what waits for you, and approve it.',
    example: 'tx approve 0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57',
    load: () => import('./commands/tx-approve.ts'),
  },
  {
    name: 'transactions export',
    summary: 'The same as tx export.',
    example: 'transactions export --output movements.csv',
    load: () => import('./commands/tx-export.ts'),
  },
  {
    name: 'backup create',
    summary: 'Back up the daemon into an encrypted file. It may run meanwhile.',
    example: 'backup create --output waiaas.backup',
    load: () => import('./commands/backup-create.ts'),
  },
  {
    name: 'backup list',
    summary: 'List the backups.',
    example: 'backup list',
    load: () => import('./commands/backup-list.ts'),
  },
  {
    name: 'backup inspect',
    summary: 'Show what a backup contains.',
    example: 'backup inspect waiaas.backup',
    load: () => import('./commands/backup-inspect.ts'),
  },
  {
    name: 'restore',
    summary: 'Restore a backup. The daemon must be stopped.',
    example: 'restore waiaas.backup',
    load: () => import('./commands/restore.ts'),
  },
  {
    name: 'login',
    summary: 'Look and stop without a password for a while.',
    example: 'login',
    load: () => import('./commands/login.ts'),
  },
  { name: 'logout', summary: 'End the login.', example: 'logout', load: () => import('./commands/logout.ts') },
  {
    name: 'doctor',
    summary: 'Check what should hold before real money moves.',
    example: 'doctor',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'skill install',
    summary: 'Copy the guides for agents to where their program looks.',
    example: 'skill install .claude/skills',
    load: () => import('./commands/skill-install.ts'),
  },
  {
    name: 'skill doctor',
    summary: 'Compare copies of the guides with those of the daemon.',
    example: 'skill doctor .claude/skills',
    load: () => import('./commands/skill-doctor.ts'),
  },
  {
    name: 'completion',
    summary: 'Print what makes a shell complete commands and flags.',
    example: 'completion bash',
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'dev',
    summary: 'Start local chains and a daemon for development.',
    example: 'dev',
    load: () => import('./commands/dev.ts'),
  },
  {
    name: 'demo',
    summary: 'Watch a scripted agent at work on local chains.',
    example: 'demo',
    load: () => import('./commands/demo.ts'),
  },
]
