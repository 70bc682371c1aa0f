import { newId, type PolicyType, type SendRequest } from '@waiaas/contract'
import type { EvmNode } from '@waiaas/localnet'
import type { CeilingText } from '../../packages/daemon/src/keys/service.ts'
import { ceilingStore } from '../../packages/daemon/src/wallets/ceiling-store.ts'
import { type Oracle, startPipeline } from '../../packages/daemon/test/pipeline-bed.ts'
import { openPrepared } from './prepared.ts'

type Pipeline = Awaited<ReturnType<typeof startPipeline>>
export type CallBed = Awaited<ReturnType<typeof startCalls>>
export type Caller = Awaited<ReturnType<Pipeline['wallet']>>
type Policies = Partial<Record<PolicyType, object>>
export type Called = { readonly to: string; readonly data: string; readonly value?: bigint }

/** Test support: the money path in this process, over a database in memory, for calls of contracts on a node. */
export async function startCalls(node: EvmNode, oracle: Oracle = {}) {
  const database = await openPrepared()
  const bed = await startPipeline(database, node, undefined, undefined, oracle)
  const { service } = bed

  const add = (walletId: string, type: string, rules: object) =>
    bed.rules.create({ walletId, type, rules, priority: 0, enabled: true } as never)

  /** Lets the signer sign what it cannot read of these contracts. */
  async function name(wallet: Caller, contracts: readonly string[]): Promise<void> {
    const now = (await database.read((db) => ceilingStore.byWallet(db, wallet.id)))!
    const { ceiling } = JSON.parse(now.text) as CeilingText
    const chain = `eip155:${node.chainId}`
    const next = { ...ceiling, chains: { ...ceiling.chains, [chain]: { ...ceiling.chains[chain]!, contracts } } }
    const sealed = await bed.keys.changeCeiling({ address: wallet.address, now, next }, 'correct horse battery')
    await database.work({ exclusive: [`wallet:${wallet.id}`] }, (db) => ceilingStore.set(db, wallet.id, sealed))
  }

  const request = ({ to, data, value = 0n }: Called): Partial<SendRequest> & { to: string } => ({
    ...{ type: 'CONTRACT_CALL', to, calldata: data, value: String(value) },
  })

  return {
    ...bed,
    add,
    /** A wallet with these policies, and whose signer may sign calls of these contracts. */
    async caller(contracts: readonly string[], policies: Policies, privateKey?: string): Promise<Caller> {
      const wallet = await bed.wallet(privateKey)
      for (const [type, rules] of Object.entries(policies)) await add(wallet.id, type, rules)
      await name(wallet, contracts)
      return wallet
    },
    /** What would be decided on it now. */
    async judged(from: Caller, what: Partial<SendRequest>) {
      const input = { ...what, dryRun: true, walletId: from.id } as Parameters<typeof service.simulate>[0]
      return service.simulate(input, from.session)
    },
    /** As a request of another form has it. */
    request,
    /** Asks for a call; its id. */
    call: async (from: Caller, what: Called): Promise<string> =>
      (await bed.send(from, request(what), newId())).transactionId,
    /** How a transaction ends. */
    async ended(id: string) {
      await bed.until(id, 'CONFIRMED', 'FAILED', 'CANCELLED')
      return service.get(id, undefined)
    },
    async stop() {
      await bed.stop()
      await database.close()
    },
  }
}
