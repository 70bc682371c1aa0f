import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PolicyResponse, Transaction, Wallet } from '@waiaas/contract'
import type { EvmNode } from '@waiaas/localnet'

/** What was true of a daemon when its volume was frozen. `agent` may spend 100 US dollars in its life, 40 of them are spent. */
export type Facts = {
  readonly version: string
  readonly schema: number
  readonly agent: { readonly token: string; readonly sessionId: string }
  readonly wallets: readonly Pick<Wallet, 'id' | 'name' | 'chain' | 'environment' | 'publicKey' | 'status'>[]
  readonly policies: readonly Pick<PolicyResponse, 'id' | 'walletId' | 'type' | 'rules' | 'enabled'>[]
  readonly transactions: readonly Pick<Transaction, 'id' | 'walletId' | 'status' | 'tier' | 'txHash' | 'amount'>[]
  /** When the one that waits for an approval expires, in unix seconds. */
  readonly approvalExpiresAt: number
  readonly auditRows: number
}

/** An archive unpacked: the data directory as a killed daemon left it, and its facts. */
export type Frozen = { readonly dataDir: string; readonly facts: Facts }

const folder = import.meta.dirname

/** Frozen volumes, oldest first, by the name of their file. */
export const archives = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.tar.gz'))
    .sort()

/** Unpacks into an existing folder. As root the files keep their owner, which is the image's user. */
export function unpack(archive: string, into: string): Frozen {
  execFileSync('tar', ['-xzf', join(folder, archive), '-C', into])
  return { dataDir: join(into, 'volume'), facts: JSON.parse(readFileSync(join(into, 'facts.json'), 'utf8')) as Facts }
}

/** What the frozen daemons were told about the money of the local chain. */
export const prices = { WAIAAS_ORACLE_FIXED_PRICES: '{"native:local-evm":"2000"}' }

/** The chain that a frozen daemon knew is gone; this makes another one look as that wallet left it: funded, one transaction sent. */
export async function standInFor(node: EvmNode, { wallets }: Facts): Promise<void> {
  const { publicKey } = wallets.find(({ chain }) => chain === 'ethereum')!
  await node.fund(publicKey, 10n ** 18n)
  await node.rpc('anvil_setNonce', [publicKey, '0x1'])
}
