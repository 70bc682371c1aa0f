import { newId, operations } from '@waiaas/contract'
import type { EvmNode } from '@waiaas/localnet'
import { type Hex, serializeTransaction } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../packages/daemon/src/platform/db/database.ts'
import { type Armed, interruptible } from '../../packages/daemon/test/noted.ts'
import { ETHER, operator, startEvm, startPipeline } from '../../packages/daemon/test/pipeline-bed.ts'
import { type Deed, freezeFaults, type Ground, type Met, rowsOf, type StopName } from '../support/freeze-points.ts'
import { openPrepared } from '../support/prepared.ts'
import { evmBalance, GENEROUS, newEvmAddress } from '../support/wallets.ts'

const ALL: readonly StopName[] = ['the kill switch', 'suspending its wallet', 'revoking its session']

let node: EvmNode
let database: Database
let ground: Ground
// A chain that mines when it is told to.
beforeAll(async () => {
  node = await startEvm({ extraArgs: ['--no-mining', '--slots-in-an-epoch', '1'] })
  database = await openPrepared()
  ground = await startGround()
})
afterAll(async () => {
  await ground?.bed.stop()
  await database?.close()
  await node?.stop()
})

async function startGround(): Promise<Ground> {
  const armed = new Map<string, Armed>()
  const bed = await startPipeline(interruptible(database, armed), node)
  const hashes = (sender: string, isOut: boolean) =>
    database.read((db) =>
      db.query<{ hash: string }>((k) =>
        k
          .selectFrom('attempts')
          .select('hash')
          .where('sender', '=', sender)
          .where('hash', 'is not', null)
          .where('left_at', isOut ? 'is not' : 'is', null),
      ),
    )
  return {
    ...{ bed: { ...bed, time: { passed: 0, ahead: 0 } }, armed },
    ...{ limits: GENEROUS, doors: 'in turn', newAddress: newEvmAddress },
    mine: () => node.mine(),
    fund: (address) => node.fund(address, 100n * ETHER),
    balance: (address) => evmBalance(node, address),
    left: async (sender) => new Set((await hashes(sender, true)).map(({ hash }) => hash)),
    async arrived(sender) {
      const found = new Set<string>()
      for (const { hash } of [...(await hashes(sender, true)), ...(await hashes(sender, false))])
        if ((await node.rpc('eth_getTransactionByHash', [hash])) !== null) found.add(hash)
      // It has nothing that is not on record.
      expect(BigInt(String(await node.rpc('eth_getTransactionCount', [sender, 'pending'])))).toBe(BigInt(found.size))
      return found
    },
  }
}

const by = ({ from }: Met) => ({
  ...{ sessionId: from.session, peer: '127.0.0.1', key: newId() },
  onDelivered: () => undefined,
})
const isSigned = async (met: Met) => (await rowsOf(met)).some(({ status }) => status === 'SIGNED')

async function transactionOf({ to }: Met): Promise<string> {
  const price = BigInt(String(await node.rpc('eth_gasPrice')))
  return serializeTransaction({
    ...{ type: 'eip1559', chainId: 31_337, nonce: 0, to: to as Hex, value: 1_000n, gas: 21_000n },
    ...{ maxFeePerGas: 2n * price, maxPriorityFeePerGas: price / 10n },
  })
}

const DEEDS: Readonly<Record<string, Deed>> = {
  'a plan, also between its steps': {
    stops: ALL,
    least: 7,
    mines: true,
    go: async (met) => {
      const { from, to } = met
      const steps = [1, 2].map(() => ({ to, value: '1000' }))
      const plan = operations.sendPlan.input.parse({ walletId: from.id, steps })
      await met.ground.bed.service.plans.send(plan, by(met))
    },
    isOver: async (met) => {
      const rows = await rowsOf(met)
      return rows.length === 2 && rows.every(({ status }) => status === 'CONFIRMED')
    },
  },
  'a sweep': {
    // No session asks for it.
    stops: ['the kill switch', 'suspending its wallet'],
    least: 4,
    most: 4,
    go: async ({ ground: { bed }, from, to }) => {
      const wanted = { id: from.id, to, tokens: [] }
      const shown = await bed.service.sweeps.sweep(wanted, operator)
      if (!('digest' in shown)) throw new Error('expected what would be sent')
      await bed.service.sweeps.sweep({ ...wanted, digest: shown.digest }, operator)
    },
    isOver: async (met) => (await met.ground.left(met.from.address)).size > 0,
  },
  'a message that is signed': {
    stops: ALL,
    least: 3,
    prepare: ({ ground: { bed }, from }) =>
      bed.rules.create({
        ...{ walletId: from.id, type: 'SIGN_MESSAGE_RULES', rules: { personal: 'INSTANT' } },
        ...{ priority: 0, enabled: true },
      } as never),
    go: async (met) => {
      const { bed } = met.ground
      const message = { message: 'I own this.', signType: 'personal', walletId: met.from.id } as const
      met.signed = (await bed.service.signMessage(message, by(met))).signature
    },
    isOver: isSigned,
  },
  'a transaction that is signed for others to send': {
    stops: ALL,
    least: 3,
    go: async (met) => {
      const transaction = await transactionOf(met)
      const { service } = met.ground.bed
      met.signed = (await service.signTransaction({ transaction, walletId: met.from.id }, by(met))).signedTransaction
    },
    isOver: isSigned,
  },
}

test.each(Object.keys(DEEDS))('after the answer to a stop nothing leaves, wherever it meets %s', async (name) => {
  expect(await freezeFaults(ground, DEEDS[name]!)).toEqual([])
})
