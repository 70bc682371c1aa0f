import { type Base, type ChainName, parseUnits, type Tier } from '@waiaas/contract'
import { evmPerson, type Localnet, type Person, solanaPerson } from '@waiaas/localnet'

/** What the agent sends on one chain: an amount for each tier, in whole units. */
export type Plan = {
  readonly label: string
  readonly chain: ChainName
  readonly network: string
  readonly symbol: string
  readonly decimals: number
  readonly amounts: Readonly<Record<Tier, string>>
  /** Base units. */
  readonly balance: (address: string) => Promise<Base>
  readonly fund: (address: string) => Promise<unknown>
  /** Who owns the wallet: a person with a key of their own. */
  readonly owner: Person
}

/** ETH at 2,000 USD and SOL at 150 USD, the fixed prices of the demo's daemon. */
export const plansFor = (localnet: Pick<Localnet, 'evm' | 'solana'>): [evm: Plan, solana: Plan] => [
  evmPlan(localnet),
  solanaPlan(localnet),
]

const evmPlan = ({ evm }: Pick<Localnet, 'evm'>): Plan => ({
  label: 'evm',
  chain: 'ethereum',
  network: 'local-evm',
  symbol: 'ETH',
  decimals: 18,
  amounts: { INSTANT: '0.0025', NOTIFY: '0.025', DELAY: '0.1', APPROVAL: '0.5' },
  balance: async (address) =>
    parseUnits(BigInt(String(await evm.rpc('eth_getBalance', [address, 'latest']))).toString(), 0),
  fund: (address) => evm.fund(address, parseUnits('10', 18)),
  owner: evmPerson(),
})

const solanaPlan = ({ solana }: Pick<Localnet, 'solana'>): Plan => ({
  label: 'solana',
  chain: 'solana',
  network: 'local-solana',
  symbol: 'SOL',
  decimals: 9,
  amounts: { INSTANT: '0.02', NOTIFY: '0.4', DELAY: '2', APPROVAL: '5' },
  balance: (address) => lamports(solana.url, address),
  fund: (address) => solana.airdrop(address, parseUnits('20', 9)),
  owner: solanaPerson(),
})

async function lamports(url: string, address: string): Promise<Base> {
  const body = { jsonrpc: '2.0', id: 1, method: 'getBalance', params: [address, { commitment: 'confirmed' }] }
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const { result } = (await response.json()) as { result: { value: number } }
  return parseUnits(String(result.value), 0)
}
