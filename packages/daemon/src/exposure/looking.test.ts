import { assetKey, NETWORKS, nativeAsset, toBase } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { quicklyHeld } from './looking.ts'

const [network] = NETWORKS
const asked = { network: network!, address: '0x0', tokens: [], named: [] }
const [MINUTE, LATER] = [60_000, Symbol()]
type Chains = Parameters<typeof quicklyHeld>[0]['chains']
const turn = () => new Promise<typeof LATER>((resolve) => setImmediate(resolve, LATER))

/** A network that answers when it is told to, or at once while `has` says what. */
function slowNetwork() {
  const is: { now: number; has?: bigint | undefined } = { now: 1_000 }
  const answers: ((balance: bigint) => void)[] = []
  const chains = {
    get: async () => ({
      order: undefined,
      balance: () =>
        is.has === undefined
          ? new Promise((resolve) => answers.push((balance) => resolve(toBase(balance))))
          : Promise.resolve(toBase(is.has)),
      tokenBalances: async () => [],
    }),
  } as unknown as Chains
  const held = quicklyHeld({
    chains,
    clock: { now: () => is.now, latest: () => is.now },
    log: {
      error(given: unknown) {
        throw given
      },
    },
  })
  return {
    answers,
    is,
    /** What it has, or that it is waited for. */
    now: () => Promise.race([held(asked).then(({ assets }) => assets[0]!.balance), turn()]),
    whole: () => held(asked),
  }
}

test('a network that did not answer a human in time is waited for no more, until it answers or a minute is over', async () => {
  const { answers, now, whole, is } = slowNetwork()
  expect(await whole()).toMatchObject({
    error: expect.stringContaining('has answered in time'),
    assets: [{ asset: assetKey(nativeAsset(network!)), balance: null }],
  })
  // Not waited for, and asked no second time while it is asked.
  expect([await now(), await now(), answers.length]).toEqual([null, null, 1])
  answers[0]!(7n)
  await turn()
  is.has = 8n
  expect(await now()).toBe(8n)

  is.has = undefined
  expect((await whole()).error).toBeDefined()
  is.has = 9n
  expect(await now()).toBeNull()
  is.now += MINUTE
  expect(await now()).toBe(9n)
})
