import type { Command, Flag } from './command-types.ts'
import { LOCAL_NETWORKS } from './networks.ts'

const UUID = '0197f3a0-5c1e-7d3a-9b0e-6f2d8c4b1a57'
const ADDRESS = '0x00000000219ab540356cBB839Cbe05303d7705Fa'
const NETWORK = LOCAL_NETWORKS[0]!.id

/** What somebody could type for a field, by its name. */
const values: Readonly<Record<string, string>> = {
  address: ADDRESS,
  channel: 'telegram',
  chatId: '123456789',
  code: 'WXYZ-2345',
  decimals: '6',
  name: 'shop',
  network: NETWORK,
  ownerAddress: ADDRESS,
  reason: '"odd payments"',
  spender: ADDRESS,
  symbol: 'USDC',
  template: 'stablecoins',
  to: ADDRESS,
  token: 'USDC',
  url: 'https://hooks.example.com/waiaas',
  walletId: 'shop',
  wallet_id: 'shop',
}

/** What somebody could type: the name, and `said` behind it, or else what the command cannot do without. */
export function exampleOf({ name, flags, places }: Omit<Command, 'example'>, said: string | undefined): string {
  if (said !== undefined) return `${name} ${said}`
  const placed = places.map((field) => valueFor(field, name))
  const flagged = flags.filter(({ field, required }) => required && !places.includes(field))
  return [name, ...placed, ...flagged.map((flag) => `${flag.name} ${valueFor(flag.field, name)}`)].join(' ')
}

/** The wallet of a command is called by its name, all else by its id. */
const valueFor = (field: Flag['field'], command: string): string =>
  values[field] ?? (field === 'id' && command.startsWith('wallet ') ? 'shop' : UUID)
