import { setTimeout as pause } from 'node:timers/promises'
import type { Balances, Wallet } from '@waiaas/contract'
import type { WAIaaSClient } from '@waiaas/sdk'
import { allBalances } from '../balances.ts'

/** Where public test networks give money away. */
export const faucets: Readonly<Record<string, string>> = {
  'ethereum-sepolia': 'https://cloud.google.com/application/web3/faucet/ethereum/sepolia',
  'base-sepolia': 'https://portal.cdp.coinbase.com/products/faucet',
  'arbitrum-sepolia': 'https://www.alchemy.com/faucets/arbitrum-sepolia',
  'optimism-sepolia': 'https://console.optimism.io/faucet',
  'polygon-amoy': 'https://faucet.polygon.technology',
  'solana-devnet': 'https://faucet.solana.com',
}
/** Of USDC on all of them. */
const USDC_FAUCET = 'https://faucet.circle.com'

const AGAIN_MS = 3_000
const LINE_MS = 30_000

/** Addresses, and where money for them comes from. */
export function faucetsText(wallets: readonly Balances[]): string {
  const lines = wallets.flatMap(({ name, publicKey, networks }) => [
    `  ${name}: ${publicKey}`,
    ...networks.flatMap(({ network }) => (faucets[network] ? [`    ${network}: ${faucets[network]}`] : [])),
  ])
  return `Send test money to one of these addresses. Their faucets give it away:\n${lines.join('\n')}\n    USDC on all of them: ${USDC_FAUCET}`
}

/** What these wallets hold now. */
export async function heldBy(api: WAIaaSClient, wallets: readonly Pick<Wallet, 'id'>[]): Promise<Balances[]> {
  const ids = new Set(wallets.map(({ id }) => id))
  return (await allBalances(api, 0)).filter(({ id }) => ids.has(id))
}

type Watch = {
  /** Hears how long it has been waited, in whole seconds. */
  readonly say: (seconds: number) => void
  readonly asked: Promise<unknown>
}

/** Waits until a wallet holds something, which it answers, or until `asked`. */
export async function untilFunded(
  api: WAIaaSClient,
  wallets: readonly Pick<Wallet, 'id'>[],
  { say, asked }: Watch,
): Promise<Balances | undefined> {
  const began = performance.now()
  let isOver = false
  const over = asked.then(() => {
    isOver = true
  })
  while (!isOver) {
    const held = (await heldBy(api, wallets)).find(({ networks }) =>
      networks.some(({ holdings }) => holdings.length > 0),
    )
    if (held) return held
    say(Math.round((performance.now() - began) / 1_000))
    await Promise.race([pause(AGAIN_MS), over])
  }
  return undefined
}

/** At a terminal one line that counts on; elsewhere a line now and then. */
export function signOfLife(isTerminal: boolean): (seconds: number) => void {
  let told = Number.NEGATIVE_INFINITY
  return (seconds) => {
    if (isTerminal) process.stderr.write(`\rwaiting for money, ${seconds} s; Ctrl-C ends it `)
    else if (seconds * 1_000 - told >= LINE_MS) {
      told = seconds * 1_000
      process.stderr.write(`waiaas: waiting for money, ${seconds} s\n`)
    }
  }
}
