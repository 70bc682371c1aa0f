import { expect, test } from 'vitest'
import { openBed, operator, removeFoldersAfterEach, sharedKeys } from '../../../../test/support/feature-bed.ts'
import { forEachEngine } from '../../../../test/support/for-each-engine.ts'
import { strictAudit } from '../../../../test/support/strict-audit.ts'
import { jsonLog } from '../platform/log.ts'
import { endingSessions } from '../sessions/service.ts'
import { watcher } from './watching.ts'

const { keys } = sharedKeys()
removeFoldersAfterEach()

forEachEngine((_engine, open) => {
  async function bedWith() {
    const bed = await openBed(open, { keys: keys() })
    const endpoint = () => ({ failureCount: 0, hasServed: true })
    const endpoints = { one: [endpoint(), endpoint()], unused: [{ failureCount: 9, hasServed: false }] }
    const make = () =>
      watcher({
        ...{ database: bed.database, clock: bed.clock, log: jsonLog('silent') },
        ...{ audit: strictAudit({ clock: bed.clock }), ending: endingSessions },
        rpc: () => ({ networks: endpoints, used: ['one'] }),
      })
    const replicas = [make(), make()]
    return {
      ...{ bed, endpoints },
      async look() {
        await Promise.all(replicas.map(({ look }) => look()))
      },
    }
  }

  test('of a session that nears its end, and of its end, is told once; of one that is renewed, revoked or endless nothing', async () => {
    const { bed, look } = await bedWith()
    const wallet = await bed.createWallet()
    const create = (ttl: number) => bed.sessions.create({ walletId: wallet.id, ttl }, operator)
    const [short, long, endless, revoked] = [
      await create(3_600),
      await create(864_000),
      await create(0),
      await create(3_600),
    ]
    await bed.sessions.revoke(revoked.id, operator)
    const told = async (event: string) => (await bed.evidence(event)).map(({ session_id }) => session_id)
    await look()
    expect(await told('SESSION_EXPIRING_SOON')).toEqual([])
    bed.clock.pass(3_300)
    await look()
    await look()
    expect(await told('SESSION_EXPIRING_SOON')).toEqual([short.id])
    bed.clock.pass(400)
    await look()
    await look()
    expect(await told('SESSION_EXPIRED')).toEqual([short.id])
    bed.clock.pass(864_000 - 86_400 - 3_600)
    await look()
    expect(await told('SESSION_EXPIRING_SOON')).toEqual(expect.arrayContaining([short.id, long.id]))
    bed.clock.pass(100 * 86_400)
    await look()
    const all = [...(await told('SESSION_EXPIRED')), ...(await told('SESSION_EXPIRING_SOON'))]
    expect(all).not.toContain(endless.id)
    expect(all).not.toContain(revoked.id)
  })

  test('of a network that nobody answers for is told after a minute, and when it answers again', async () => {
    const { bed, endpoints, look } = await bedWith()
    const told = async (event: string) => (await bed.evidence(event)).map(({ details }) => JSON.parse(details))
    endpoints.one[0]!.failureCount = 3
    for (let at = 0; at < 10; at++) {
      bed.clock.pass(15)
      await look()
    }
    expect(await told('RPC_ALL_FAILED')).toEqual([])
    endpoints.one[1]!.failureCount = 1
    for (const seconds of [0, 30, 29]) {
      bed.clock.pass(seconds)
      await look()
    }
    expect(await told('RPC_ALL_FAILED')).toEqual([])
    for (const seconds of [1, 15]) {
      bed.clock.pass(seconds)
      await look()
    }
    expect(await told('RPC_ALL_FAILED')).toEqual([{ network: 'one', endpoints: 2 }])
    // As after a start: nothing was asked yet.
    for (const endpoint of endpoints.one) Object.assign(endpoint, { failureCount: 0, hasServed: false })
    await look()
    expect(await told('RPC_RECOVERED')).toEqual([])
    endpoints.one[0]!.hasServed = true
    bed.clock.pass(5)
    await look()
    await look()
    expect(await told('RPC_RECOVERED')).toEqual([{ network: 'one', seconds: 80 }])
  })

  test('of one endpoint among others is told when it failed again after it had rested, once until all have answered', async () => {
    const { bed, endpoints, look } = await bedWith()
    const told = async () => (await bed.evidence('RPC_HEALTH_DEGRADED')).map(({ details }) => JSON.parse(details))
    const fails = async (count: number) => {
      endpoints.one[0]!.failureCount = count
      await look()
      await look()
    }
    await fails(1)
    expect(await told()).toEqual([])
    for (const count of [2, 3, 1]) await fails(count)
    const once = { network: 'one', failing: 1, endpoints: 2 }
    expect(await told()).toEqual([once])
    for (const count of [0, 2]) await fails(count)
    expect(await told()).toEqual([once, once])
    expect(await bed.evidence('RPC_ALL_FAILED')).toEqual([])
  })
})
