/**
 * `npm exec --no -- node test/upgrade/freeze.ts`: freezes a data volume of the daemon as it is now, beside this file. Run it once
 * for each release; README.md says more. Every key and token in it is made here and guards nothing.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { WAIaaSClient } from '@waiaas/sdk'
import Sqlite from 'better-sqlite3'
import manifest from '../../package.json' with { type: 'json' }
import { cleanUp, type StartedDaemon, startProvisioned, temporaryFolder } from '../../packages/cli/test/run.ts'
import { until } from '../support/until.ts'
import { type Facts, prices } from './archives.ts'

const YEAR = 31_536_000
const RECIPIENT = '0x00000000000000000000000000000000000c0de3'
/** At 2,000 US dollars: 50 dollars pass at once, more waits for an approval. */
const LIMIT = { instant_max_usd: 50, notify_max_usd: 50, delay_max_usd: 50, approval_timeout: YEAR }

type Scene = { readonly daemon: StartedDaemon; readonly node: EvmNode; readonly operator: WAIaaSClient }
type Filled = Pick<Facts, 'agent' | 'approvalExpiresAt'>

async function fill({ daemon, node, operator }: Scene): Promise<Filled> {
  const make = (name: string, chain: 'ethereum' | 'solana') =>
    operator.createWallet({ name, chain, environment: 'testnet', createSession: false })
  const [evm, solana] = [await make('shop', 'ethereum'), await make('savings', 'solana')]
  await operator.createPolicy({ walletId: evm.id, type: 'SPENDING_LIMIT', rules: LIMIT })
  await operator.createPolicy({
    ...{ walletId: solana.id, type: 'WHITELIST' },
    rules: { allowed_addresses: [solana.publicKey] },
  })
  await node.fund(evm.publicKey, 10n ** 18n)
  const session = (constraints?: { maxTotalUsd: number }) =>
    operator.createSession({ walletId: evm.id, ttl: 0, ...(constraints && { constraints }) })
  const [agent, patient] = [await session({ maxTotalUsd: 100 }), await session()]
  const send = async (sessionToken: string, humanAmount: string) => {
    const client = new WAIaaSClient({ baseUrl: daemon.url, sessionToken })
    const sent = await client.sendToken({ to: RECIPIENT, humanAmount, network: 'local-evm' })
    if ('id' in sent) return sent.id
    throw new Error('expected a payment')
  }
  await untilFinal(daemon, node, await send(agent.token, '0.02'))
  const waiting = await operator.getTransaction({ id: await send(patient.token, '0.03') })
  if (waiting.status !== 'QUEUED') throw new Error(`expected a payment that waits, got ${waiting.status}`)
  return { agent: { token: agent.token, sessionId: agent.id }, approvalExpiresAt: waiting.approvalExpiresAt! }
}

/** Until its money is booked for good: nothing of it is looked up on a chain again. */
async function untilFinal({ dataDir }: StartedDaemon, node: EvmNode, id: string): Promise<void> {
  const db = new Sqlite(join(dataDir, 'data/waiaas.db'), { readonly: true })
  const state = db.prepare<[string], { state: string }>('select state from spends where transaction_id = ?')
  await until('the payment to be final', async () => {
    await node.mine()
    return state.get(id)?.state === 'final'
  })
  db.close()
}

async function factsOf({ operator }: Scene, filled: Filled): Promise<Facts> {
  const { items: wallets } = await operator.listWallets({})
  const { data: policies } = await operator.listPolicies({})
  const { items: transactions } = await operator.adminListTransactions({})
  const { total } = await operator.listAuditLogs({ include_total: true })
  return {
    version: manifest.version,
    schema: (await operator.getHealth()).schemaVersion,
    ...filled,
    wallets: wallets.map(({ id, name, chain, environment, publicKey, status }) => ({
      ...{ id, name, chain, environment, publicKey, status },
    })),
    policies: policies.map(({ id, walletId, type, rules, enabled }) => ({ id, walletId, type, rules, enabled })),
    transactions: transactions.map(({ id, walletId, status, tier, txHash, amount }) => ({
      ...{ id, walletId, status, tier, txHash, amount },
    })),
    auditRows: total!,
  }
}

/** Owner and mode are those that the image gives its volume. */
function pack(dataDir: string, facts: Facts): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'facts.json'), `${JSON.stringify(facts, null, 2)}\n`)
  execFileSync('cp', ['-a', dataDir, join(folder, 'volume')])
  const file = join(import.meta.dirname, `${facts.version}-schema-${facts.schema}.tar.gz`)
  rmSync(file, { force: true })
  const owner = ['--owner=1001', '--group=1001', '--numeric-owner', '--sort=name']
  execFileSync('tar', [...owner, '-I', 'gzip -9', '-cf', file, '-C', folder, 'facts.json', 'volume'])
  return file
}

const node = await startEvm({ slotsInAnEpoch: 1 })
try {
  const daemon = await startProvisioned({ WAIAAS_RPC_EVM_LOCAL_EVM: node.url, ...prices })
  const masterPassword = readFileSync(join(daemon.dataDir, 'recovery.key'), 'utf8').trim()
  const scene = { daemon, node, operator: new WAIaaSClient({ baseUrl: daemon.url, masterPassword }) }
  const facts = await factsOf(scene, await fill(scene))
  process.kill(-daemon.child.pid!, 'SIGKILL')
  await daemon.ended
  console.log(pack(daemon.dataDir, facts))
} finally {
  await node.stop()
  cleanUp()
}
