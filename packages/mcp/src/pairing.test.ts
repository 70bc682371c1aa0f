import { WAIaaSError } from '@waiaas/sdk'
import { expect, test } from 'vitest'
import { pairing } from './pairing.ts'

const session = { id: 's', token: 'wai_sess_x', expiresAt: 0, walletId: 'w', wallets: [] }
const failure = (code: string) => () => {
  throw new WAIaaSError({ code, status: 403, message: code, retryable: false })
}
const pending = () => ({ interval: 5 })
const pendingWith = (code: string) =>
  expect.objectContaining({ code: 'PAIRING_PENDING', message: expect.stringContaining(`waiaas agent pair ${code}`) })

/** A daemon that answers polls in this order. */
function pairingWith(...polls: (() => { interval: number; session?: typeof session })[]) {
  const seen = { starts: 0, polled: [] as string[], waited: [] as number[] }
  const paired = pairing({
    async start() {
      const code = `CODE-${++seen.starts}`
      return { code, pollToken: `poll ${code}`, interval: 5, expiresAt: 1, command: `waiaas agent pair ${code}` }
    },
    async poll(pollToken) {
      seen.polled.push(pollToken)
      return polls.shift()!()
    },
    log: () => undefined,
    pause: async (ms) => void seen.waited.push(Math.ceil(ms / 1_000)),
  })
  return { ...paired, seen }
}

test('the first call shows the code, the next ones ask in the pace of the daemon, until there is a token', async () => {
  const { token, seen } = pairingWith(
    pending,
    () => ({ interval: 10 }),
    () => ({ interval: 10, session }),
  )
  await expect(token()).rejects.toEqual(pendingWith('CODE-1'))
  await expect(token()).rejects.toEqual(pendingWith('CODE-1'))
  await expect(token()).rejects.toEqual(pendingWith('CODE-1'))
  expect(await token()).toBe('wai_sess_x')
  expect(seen).toEqual({ starts: 1, polled: Array(3).fill('poll CODE-1'), waited: [0, 5, 10] })
})

test('calls that come at once are one pairing, and ask once', async () => {
  const { token, seen } = pairingWith(() => ({ interval: 5, session }))
  expect((await Promise.allSettled([token(), token()])).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await Promise.all([token(), token(), token()])).toEqual(Array(3).fill('wai_sess_x'))
  expect([seen.starts, seen.polled.length]).toEqual([1, 1])
})

test('one that ran out is started anew with another code', async () => {
  const { token } = pairingWith(failure('PAIRING_EXPIRED'), pending)
  await expect(token()).rejects.toEqual(pendingWith('CODE-1'))
  await expect(token()).rejects.toEqual(pendingWith('CODE-2'))
  await expect(token()).rejects.toEqual(pendingWith('CODE-2'))
})

test('one that was denied is not asked for again, and a lost answer changes nothing', async () => {
  const { token, seen } = pairingWith(failure('NETWORK_ERROR'), failure('PAIRING_DENIED'))
  await expect(token()).rejects.toEqual(pendingWith('CODE-1'))
  await expect(token()).rejects.toMatchObject({ code: 'NETWORK_ERROR' })
  for (let call = 0; call < 3; call++) await expect(token()).rejects.toMatchObject({ code: 'PAIRING_DENIED' })
  expect([seen.starts, seen.polled.length]).toEqual([1, 2])
})
