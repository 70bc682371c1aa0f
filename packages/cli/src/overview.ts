import { entry, firstSentence, usage } from '@waiaas/contract'

/** A command as it is listed. */
export type Listed = { readonly name: string; readonly summary: string }

/** What a command can ask of the program that it is part of. */
export type Program = {
  readonly commands: () => readonly Listed[]
  /** The help of a command; nothing of one that there is not. */
  readonly helpOf: (name: string) => Promise<string>
}

/** The first words of all commands, in the order in which somebody needs them. */
export const groups: Readonly<Record<string, readonly string[]>> = {
  'Start here': [
    'up',
    'init',
    'start',
    'stop',
    'status',
    'quickset',
    'quickstart',
    'doctor',
    'login',
    'logout',
    'demo',
    'dev',
  ],
  Wallets: ['wallet', 'balance', 'fund', 'owner', 'exposure', 'import'],
  Payments: ['tx', 'transactions', 'contact', 'plan', 'sweep', 'token', 'nft', 'price', 'receipt'],
  Agents: ['agent', 'session', 'mcp', 'skill', 'rpc-url'],
  'What agents may do': ['policy', 'autostop'],
  'Stop everything': ['kill-switch', 'recover', 'stop-token'],
  'See and be told': ['events', 'audit', 'notice', 'telegram', 'webhook', 'push'],
  'Run the daemon': [
    'health',
    'admin',
    'settings',
    'rpc',
    'clock',
    'backup',
    'restore',
    'set-master',
    'set-view-password',
    'trust',
    'completion',
  ],
}

/** All commands in groups: a line for a command of one word, and for a noun with its verbs. */
export function overview(all: readonly Listed[]): string {
  const width = Math.max(...Object.values(groups).flatMap((nouns) => nouns.map(({ length }) => length)))
  const sections = Object.entries(groups).map(
    ([title, nouns]) => `${title}\n${nouns.map((noun) => entry(noun, { text: saidOf(noun, all), width })).join('\n')}`,
  )
  return `usage: waiaas <command> [flags]

${sections.join('\n\n')}

waiaas <noun> lists what its verbs do; waiaas <command> --help describes one.`
}

function saidOf(noun: string, all: readonly Listed[]): string {
  const alone = all.find(({ name }) => name === noun)
  return alone
    ? firstSentence(alone.summary)
    : [...new Set(verbsOf(noun, all).map((name) => name.split(' ')[1]))].join(', ')
}

const verbsOf = (noun: string, all: readonly Listed[]): string[] =>
  all.map(({ name }) => name).filter((name) => name.startsWith(`${noun} `))

/** The commands of one noun. */
export const listOf = (noun: string, all: readonly Listed[]): string => `usage: waiaas ${noun} <verb> [flags]

${usage(all)}

waiaas ${noun} <verb> --help describes one.`
