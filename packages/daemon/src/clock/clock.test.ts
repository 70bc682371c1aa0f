import { findNetwork, LOCAL_NETWORKS, NETWORKS, newId } from '@waiaas/contract'
import { type EvmNode, startEvm } from '@waiaas/localnet'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import type { Chain } from '../chains/chain.ts'
import { evmChain } from '../chains/evm/chain.ts'
import { migrations } from '../migrations/all.ts'
import type { TimeSources } from '../platform/clock.ts'
import { clockMark } from '../platform/clock-mark.ts'
import type { Database } from '../platform/db/database.ts'
import { jsonLog } from '../platform/log.ts'
import { laneStore } from '../transactions/rows/lane-store.ts'
import { clockService } from './service.ts'

const DAY = 86_400_000
const MINUTE = 60_000
/** For what two processes on a busy machine take between two readings. */
const MOMENT = 5_000
const NETWORK = 'ethereum-mainnet'
const operator = { actor: 'operator', ip: '127.0.0.1' } as const
const networks = [...NETWORKS, ...LOCAL_NETWORKS]

/** A node whose newest block is of now, and one whose newest block is two days old. */
let fresh: EvmNode
let old: EvmNode
beforeAll(async () => {
  const now = Math.floor(Date.now() / 1000)
  fresh = await startEvm({ chainId: 1 })
  old = await startEvm({ chainId: 1, extraArgs: ['--timestamp', `${now - (2 * DAY) / 1000}`] })
})
afterAll(() => Promise.all([fresh.stop(), old.stop()]))

function chainOver(url: string): Chain {
  const network = findNetwork(networks, NETWORK)!
  const chain = evmChain({ network, urls: [url], allowForeignGenesis: true, warn: () => undefined })
  onTestFinished(() => chain.close())
  return chain
}

/** A machine whose clock is set by hand. */
function machine() {
  const set = { by: 0 }
  const sources: TimeSources = {
    wall: () => Date.now() + set.by,
    running: () => performance.now(),
    warn: () => undefined,
  }
  return { set, sources }
}

/** A daemon's clock that starts `downFor` after the last run; `chains` by the networks that are in use. */
async function begin(
  database: Database,
  { downFor = 0, chains = {} }: { downFor?: number; chains?: Record<string, Pick<Chain, 'blockTime'>> },
) {
  const high = Date.now() - downFor
  await database.work({}, async (db) => {
    await db.query((kysely) => kysely.updateTable('clock_mark').set({ high }))
    for (const network of Object.keys(chains)) {
      await laneStore.insert(db, { id: `${network}/0x01`, wallet: newId(), network })
    }
  })
  const { set, sources } = machine()
  const mark = await clockMark(database, sources)
  const evidence = strictAudit({ clock: mark.clock })
  const service = clockService({
    database,
    clock: mark.clock,
    mark,
    audit: evidence,
    log: jsonLog('silent'),
    findNetwork: (id) => findNetwork(networks, id),
    chain: async (id) => chains[id]!,
  })
  onTestFinished(() => service.stop())
  const rows = async () =>
    (await database.read((db) => evidence.list(db, {}, 10)))
      .reverse()
      .map(({ event, severity, actor, ip, details }) => ({
        event,
        severity,
        actor,
        ip,
        details: JSON.parse(details),
      }))
  return {
    service,
    clock: mark.clock,
    mark,
    set,
    rows,
    isBelieved: () => Math.abs(mark.clock.now() - mark.clock.latest()) < MOMENT,
  }
}

const notToBeAsked = {
  blockTime: async () => {
    throw new Error('this chain was asked')
  },
}

forEachEngine((engine, open, location) => {
  test.each([
    ['nothing is in use', {}],
    ['only a local network is in use', { 'local-evm': notToBeAsked }],
  ])('after days without a run the clock is believed at once when %s, and nobody is asked', async (_what, chains) => {
    const { service, isBelieved, rows } = await begin(await open(migrations), { downFor: 2 * DAY, chains })
    expect(isBelieved()).toBe(false)
    await service.start()
    expect([isBelieved(), service.warning()]).toEqual([true, undefined])
    expect(await rows()).toEqual([])
  })

  test('after days without a run one chain that agrees is enough', async () => {
    const chains = { 'base-mainnet': chainOver(old.url), [NETWORK]: chainOver(fresh.url) }
    const { service, isBelieved, rows } = await begin(await open(migrations), { downFor: 2 * DAY, chains })
    await fresh.mine()
    await service.look()
    expect([isBelieved(), service.warning()]).toEqual([true, undefined])
    expect(await rows()).toEqual([])
  })

  test('a clock days ahead of every chain is held until the operator acknowledges it', async () => {
    const chains = { [NETWORK]: chainOver(old.url) }
    const { service, clock, isBelieved, rows } = await begin(await open(migrations), { downFor: 2 * DAY, chains })
    await service.look()
    await service.look()
    expect(isBelieved()).toBe(false)
    expect(service.warning()).toMatch(/held 172\d{3} s back, for no chain in use has confirmed it/)
    const held = { since: 'start', aheadSeconds: expect.closeTo(172_800, -2) }
    const first = { event: 'CLOCK_HELD', severity: 'critical', actor: 'system', ip: null, details: held }
    expect(await rows()).toEqual([first])

    const before = clock.now()
    const answer = await service.acknowledge(operator)
    expect(answer).toEqual({
      before: Math.floor(before / 1000),
      after: expect.closeTo(Date.now() / 1000, -1),
      gainedSeconds: expect.closeTo(172_800, -2),
    })
    expect([isBelieved(), service.warning()]).toEqual([true, undefined])
    const details = { since: 'start', ...answer }
    expect(await rows()).toEqual([first, { event: 'CLOCK_ACKNOWLEDGED', severity: 'critical', ...operator, details }])
    await service.look()
    expect(await rows()).toHaveLength(2)
    await expect(service.acknowledge(operator)).rejects.toMatchObject({ code: 'INVALID_STATE_TRANSITION' })
  })

  test('a chain that was behind and has caught up ends the hold, on record', async () => {
    const times = { behind: chainOver(old.url), now: chainOver(fresh.url) }
    let of: keyof typeof times = 'behind'
    const chains = { [NETWORK]: { blockTime: () => times[of].blockTime() } }
    const { service, isBelieved, rows } = await begin(await open(migrations), { downFor: 2 * DAY, chains })
    await service.look()
    expect(isBelieved()).toBe(false)
    await fresh.mine()
    of = 'now'
    await service.look()
    expect(isBelieved()).toBe(true)
    expect((await rows()).map(({ event }) => event)).toEqual(['CLOCK_HELD', 'CLOCK_RELEASED'])
  })

  test('while no chain answers the clock is held and warned of, and the chain is asked again', async () => {
    const chain = chainOver(fresh.url)
    const chains: Record<string, Pick<Chain, 'blockTime'>> = { [NETWORK]: chainOver('http://127.0.0.1:1') }
    const { service, isBelieved, rows } = await begin(await open(migrations), { downFor: 2 * DAY, chains })
    await service.start()
    await service.look()
    expect([isBelieved(), service.warning() !== undefined]).toEqual([false, true])
    expect(await rows()).toEqual([])
    await fresh.mine()
    chains[NETWORK] = chain
    await service.look()
    expect(isBelieved()).toBe(true)
  })

  test('what one replica has acknowledged ends the hold of the others', async () => {
    const at = await location()
    const chains = { [NETWORK]: chainOver(old.url) }
    const two = await begin(await open(migrations, at), { downFor: 2 * DAY, chains })
    const one = await begin(await open(migrations, at), { downFor: 2 * DAY, chains })
    await one.service.look()
    await two.service.look()
    const { after } = await one.service.acknowledge(operator)
    await two.mark.exchange()
    await two.service.look()
    expect([two.isBelieved(), two.clock.now() >= after * 1000]).toEqual([true, true])
    // Each replica has told of its own hold.
    expect((await two.rows()).map(({ event }) => event).sort()).toEqual([
      'CLOCK_ACKNOWLEDGED',
      'CLOCK_HELD',
      'CLOCK_HELD',
      'CLOCK_RELEASED',
    ])
  })

  // The clock of a database server cannot be set by a test.
  if (engine === 'postgres') return

  test('a clock that was set ahead while the daemon runs is held, whatever a chain says, until it is set right', async () => {
    const chains = { [NETWORK]: notToBeAsked }
    const { service, set, isBelieved, rows } = await begin(await open(migrations), { chains })
    set.by += DAY
    await service.look()
    expect(service.warning()).toContain('it was set ahead while the daemon ran')
    set.by -= DAY
    await service.look()
    expect([isBelieved(), service.warning()]).toEqual([true, undefined])
    expect((await rows()).map(({ event, details }) => [event, details])).toEqual([
      ['CLOCK_HELD', { since: 'jump', aheadSeconds: expect.closeTo(86_400, -1) }],
      ['CLOCK_RELEASED', { reason: expect.stringContaining('agrees') }],
    ])
  })

  test('a clock that was set ahead while the daemon runs is believed once the operator says so', async () => {
    const { service, clock, set } = await begin(await open(migrations), {})
    const before = clock.now()
    set.by += DAY
    expect(clock.now() - before).toBeLessThan(MOMENT)
    expect((await service.acknowledge(operator)).gainedSeconds).toBeGreaterThan((DAY - MINUTE) / 1000)
    expect(clock.now() - before).toBeGreaterThan(DAY - MINUTE)
  })
})
