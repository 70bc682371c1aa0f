import { type AllOperations, type Input, LOCAL_NETWORKS, parseUnits, type Wallet } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { CommandError } from '../errors.ts'
import { ensureSession, ensureWallets } from '../first-set.ts'
import { ensureTestUsdc, localChainOf, TEST_USDC } from '../local-chains.ts'
import type { Place } from '../place.ts'
import { type Choices, MODEST, type NetworkWord } from './choices.ts'
import { isForChain, namesFor } from './names.ts'

const modes = { local: 'local', test: 'testnet', main: 'mainnet' } as const
/** Whole units of play money. */
const GIFT = { native: '10', usdc: '1000' }

export type SetUp = {
  readonly api: WAIaaSClient
  readonly place: Place
  readonly choices: Choices
  readonly goOn: () => void
}

/**
 * Wallets with their rules, money on local chains, and a session; what is there already stays as it is. Where `goOn` ends it
 * between two of these, the next time does the rest.
 */
export async function setUp({ api, place, choices, goOn }: SetUp): Promise<Wallet[]> {
  const network = choices.network as NetworkWord
  if (network === 'local') await requireLocal(api)
  const wallets = await ensureWallets(api, modes[network], isForChain(choices.allow, choices))
  goOn()
  for (const wallet of wallets) {
    if (network === 'local') await ensureTestUsdc(api, await localChainOf(api, wallet))
    await ensureRules(api, wallet, choices)
    goOn()
    if (network === 'local') await ensureMoney(api, wallet)
    goOn()
  }
  await ensureSession(api, place, { wallets, ttl: undefined })
  return wallets
}

async function requireLocal(api: WAIaaSClient): Promise<void> {
  const { networks } = await api.getRpcStatus()
  if (LOCAL_NETWORKS.every(({ id }) => networks[id] !== undefined)) return
  throw new CommandError(
    'the daemon that runs has no local chains',
    'stop it with "waiaas stop", and give the same command again; or name another folder with --data-dir',
  )
}

type Template = Input<AllOperations['applyPolicyTemplate']>['template']

/** A wallet whose rules nobody has touched gets those that were chosen. */
async function ensureRules(api: WAIaaSClient, wallet: Wallet, { allow, ...named }: Choices): Promise<void> {
  if (allow === MODEST) return
  const { data } = await api.listPolicies({ walletId: wallet.id })
  const own = data.filter(({ walletId }) => walletId === wallet.id)
  if (own.length === 0 || !own.every(({ isDefault }) => isDefault)) return
  // It is a word of the table of templates.
  await api.applyPolicyTemplate({ walletId: wallet.id, template: allow as Template, ...namesFor(wallet.chain, named) })
}

/** What a wallet has none of is given to it. */
async function ensureMoney(api: WAIaaSClient, wallet: Wallet): Promise<void> {
  const { network, faucet } = await localChainOf(api, wallet)
  const { items } = await api.listBalances({ walletId: wallet.id, maxAge: 0 })
  const held = items[0]?.networks.find((one) => one.network === network.id)?.holdings ?? []
  const units = (amount: string, decimals: number) => BigInt(String(parseUnits(amount, decimals)))
  if (!held.some(({ address }) => address === 'native'))
    await faucet.native(wallet.publicKey, units(GIFT.native, network.native.decimals))
  if (!held.some(({ address }) => address.toLowerCase() === faucet.usdc.toLowerCase()))
    await faucet.token(wallet.publicKey, units(GIFT.usdc, TEST_USDC.decimals))
}
