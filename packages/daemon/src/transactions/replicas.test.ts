import { newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { preparedPostgresDatabase } from '../../../../test/support/prepared.ts'
import { migrations, startEvm, startPipeline } from '../../test/pipeline-bed.ts'
import type { KeyringRow } from '../keys/service.ts'
import { openDatabase } from '../platform/db/database.ts'

const recipient = '0x1111111111111111111111111111111111111111'
const limits = { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 5_000 }

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Two daemons over one Postgres database and one chain. */
async function start() {
  const node = await startEvm({ extraArgs: ['--no-mining'] })
  stops.unshift(async () => node.stop())
  const url = await preparedPostgresDatabase()
  let shift = 0
  const clock = { now: () => Date.now() + shift }
  const boot = async (keyring?: KeyringRow) => {
    const database = await openDatabase({ url, migrations })
    const bed = await startPipeline(database, node, keyring, clock)
    stops.unshift(async () => {
      await bed.stop()
      await database.close()
    })
    return bed
  }
  const one = await boot()
  const two = await boot(one.keyring)
  const pass = (ms: number) => {
    shift += ms
  }
  const events = async (id: string) =>
    (
      await one.database.read((db) =>
        db.query<{ event: string }>((k) =>
          k.selectFrom('evidence').select('event').where('tx_id', '=', id).orderBy('id'),
        ),
      )
    ).map(({ event }) => event)
  const holder = async (address: string) => {
    const [lane] = await one.database.read((db) =>
      db.query<{ fence: number }>((k) => k.selectFrom('lanes').select('fence').where('id', 'like', `%/${address}`)),
    )
    return lane?.fence ?? 0
  }
  return { one, two, node, pass, events, holder }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 20))

test('what two replicas watch is booked once, and neither stumbles over what the other has booked', async () => {
  const { one, two, node, pass, events, holder } = await start()
  const from = await one.wallet()
  await one.limit(from.id, limits)
  const { transactionId } = await one.send(from, { to: recipient, amount: '1' }, newId())
  await one.sent(transactionId)
  const before = await holder(from.address)
  // Its holder is paused for so long that another one has had the lane, and then whoever comes first takes up the watch.
  await two.database.work({ exclusive: [`wallet:${from.id}`] }, (db) =>
    db.query((k) => k.updateTable('lanes').set({ lease_owner: 'another', lease_until: 0 })),
  )
  pass(16_000)
  while ((await holder(from.address)) === before) await turn()
  await node.mine(1)
  await two.until(transactionId, 'CONFIRMED')
  await node.mine(70)
  const spend = () =>
    one.database.read((db) =>
      db.query<{ state: string }>((k) =>
        k.selectFrom('spends').select('state').where('transaction_id', '=', transactionId),
      ),
    )
  while ((await spend())[0]?.state !== 'final') await turn()
  // Each replica has booked something else afterwards, so both have looked at the first one again.
  for (const each of [one, two]) {
    const other = await each.wallet()
    await each.limit(other.id, limits)
    const next = await each.send(other, { to: recipient, amount: '1' }, newId())
    await each.sent(next.transactionId)
    await node.mine(1)
    await each.until(next.transactionId, 'CONFIRMED')
    expect((await events(next.transactionId)).filter((event) => event === 'TX_CONFIRMED')).toHaveLength(1)
  }
  expect((await events(transactionId)).filter((event) => event === 'TX_CONFIRMED')).toHaveLength(1)
})

test('a wallet that one replica suspends is not sent for by the other', async () => {
  const { one, two, node } = await start()
  const [stopped, running] = [await one.wallet(), await one.wallet()]
  const hashes: string[] = []
  for (const each of [stopped, running]) {
    await one.limit(each.id, limits)
    const { transactionId } = await one.send(each, { to: recipient, amount: '1' }, newId())
    await one.until(transactionId, 'SUBMITTED')
    hashes.push(String((await one.service.get(transactionId, undefined)).txHash))
  }
  const isKnown = async (hash: string) => (await node.rpc('eth_getTransactionByHash', [hash])) !== null
  for (const hash of hashes) while (!(await isKnown(hash))) await turn()
  await two.database.work({ exclusive: ['system', `wallet:${stopped.id}`] }, (db) =>
    db.query((k) => k.updateTable('wallets').set({ status: 'SUSPENDED' }).where('id', '=', stopped.id)),
  )
  for (const hash of hashes) await node.rpc('anvil_dropTransaction', [hash])
  // More than are read one by one, so that everything is looked up.
  await node.mine(70)
  while (!(await isKnown(hashes[1]!))) await turn()
  expect(await isKnown(hashes[0]!)).toBe(false)
})
