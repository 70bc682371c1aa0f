import { expect, test } from 'vitest'
import type { Way } from '../give-way.ts'
import { turns } from './turns.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Turns over a clock that is moved by hand, and goes on by so much whenever it is looked at. */
function byHand(perLook = 0) {
  let now = 0
  const timers = new Set<{ at: number; then: () => void }>()
  const order = turns(
    () => {
      now += perLook
      return now
    },
    (ms, then) => {
      // Timers count whole milliseconds, as those of Node do.
      const timer = { at: now + Math.max(1, Math.floor(ms)), then }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  )
  /** Whose calls began, and what ends each of them, in order. */
  const began: string[] = []
  const ends: (() => void)[] = []
  const ways: Way[] = []
  const told: number[] = []
  const atOnce: number[] = []
  const staying = () => () => undefined
  return {
    began,
    ends,
    ways,
    told,
    atOnce,
    waiting: () => timers.size,
    refusal: order.refusal,
    async ask(name: string, count: number, calls = 1) {
      for (let at = 0; at < count; at++)
        void order.take(name, { calls, perSecond: 100 }).then(({ leave, way }) => {
          began.push(name)
          ends.push(leave)
          ways.push(way)
        })
      await settle()
    },
    refuse: (name: string) => void order.refusal(name, staying).then((isHeld) => (isHeld ? told : atOnce).push(now)),
    async pass(ms: number) {
      const end = now + ms
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
        if (!due) break
        now = Math.max(now, due.at)
        timers.delete(due)
        due.then()
        await settle()
      }
      now = end
    },
  }
}

test('who calls alone is served as they ask', async () => {
  const { ask, began } = byHand()
  await ask('one', 200)
  expect(began).toHaveLength(200)
})

test('who asks for one thing is served at once, however much another asks for', async () => {
  const { ask, began, ends } = byHand()
  await ask('quiet', 1)
  await ask('noisy', 2_000)
  const served = began.filter((name) => name === 'noisy').length
  expect(served).toBeLessThan(10)
  await ask('quiet', 1)
  expect(began.at(-1)).toBe('quiet')
  // As one call is over the next begins.
  ends[1]!()
  ends[1]!()
  await settle()
  expect(began.filter((name) => name === 'noisy')).toHaveLength(served + 1)
})

test('beside another a caller has its pace in what its calls count, and alone again it has none', async () => {
  const { ask, began, pass, ends } = byHand()
  await ask('quiet', 1)
  await ask('noisy', 200, 10)
  const noisy = () => began.filter((name) => name === 'noisy').length
  const endAll = () => ends.forEach((end) => void end())
  await pass(0)
  endAll()
  await settle()
  const ahead = noisy()
  for (let second = 0; second < 5; second++) {
    for (let part = 0; part < 10; part++) {
      await pass(100)
      endAll()
    }
    await ask('quiet', 1)
  }
  // A hundred calls a second, of which each of these is ten.
  expect(noisy() - ahead).toBeGreaterThanOrEqual(48)
  expect(noisy() - ahead).toBeLessThanOrEqual(51)
  endAll()
  await pass(10_001)
  await ask('noisy', 1, 10)
  expect(noisy()).toBe(201)
})

test('who is ahead of their pace has the time that nobody else needs, and their pace whoever else is served', async () => {
  const { ask, began, pass, ends } = byHand()
  const noisy = () => began.filter((name) => name === 'noisy').length
  await ask('quiet', 1)
  await ask('noisy', 200)
  // A tenth of a second ahead, by ten calls; eight run at once.
  for (const end of ends.splice(1)) end()
  await settle()
  expect(noisy()).toBe(11)
  for (const end of ends.splice(1)) end()
  await settle()
  expect(noisy()).toBe(11)
  // Two at once while nobody else is served, until it is half a second ahead.
  for (const end of ends.splice(0)) end()
  await settle()
  expect(noisy()).toBe(13)
  for (let round = 0; round < 100; round++) {
    for (const end of ends.splice(0)) end()
    await settle()
  }
  expect(noisy()).toBe(51)
  // While somebody else is served it waits, until it is a quarter of a second behind: then it has its pace.
  for (let part = 0; part < 15; part++) {
    await ask('quiet', 1)
    await pass(50)
  }
  expect(noisy()).toBe(51)
  for (let part = 0; part < 20; part++) {
    await ask('quiet', 1)
    for (const [at, end] of ends.entries()) if (began[began.length - ends.length + at] === 'noisy') end()
    await pass(50)
  }
  expect(noisy()).toBeGreaterThanOrEqual(51 + 95)
  expect(noisy()).toBeLessThanOrEqual(51 + 105)
})

test('calls of who presses stop between their steps while somebody else is served, a tenth of a second each at most', async () => {
  const { ask, began, pass, ends, ways } = byHand()
  await ask('quiet', 1)
  await ask('noisy', 200)
  for (const end of ends.slice(0, 4)) end()
  await settle()
  // It has had more than its pace, and its next calls wait.
  const at = began.lastIndexOf('noisy')
  const way = ways[at]!
  expect(way()).toBeUndefined()
  let steps = 0
  const step = () => void way()!.then(() => steps++)
  const served = async () => {
    await ask('quiet', 1)
    return ends[began.lastIndexOf('quiet')]!
  }
  const first = await served()
  expect(ways[began.lastIndexOf('quiet')]!()).toBeUndefined()
  step()
  await pass(60)
  expect(steps).toBe(0)
  const second = await served()
  first()
  await settle()
  expect(steps).toBe(0)
  second()
  await settle()
  expect(steps).toBe(1)
  // What is left of its tenth of a second.
  await served()
  step()
  await pass(39)
  expect(steps).toBe(1)
  await pass(1)
  expect(steps).toBe(2)
  expect(way()).toBeUndefined()
  // What is over, such as work that it began and did not wait for, stops for nobody.
  expect(ways[at - 1]!()).toBeInstanceOf(Promise)
  ends[at - 1]!()
  expect(ways[at - 1]!()).toBeUndefined()
})

test('two who press do not wait for each other', async () => {
  const { ask, began, ends, ways } = byHand()
  const callsOf = (name: string) => began.flatMap((one, at) => (one === name ? [at] : []))
  await ask('quiet', 1)
  await ask('one', 200)
  await ask('other', 200)
  ends[0]!()
  for (const name of ['one', 'other']) for (const at of callsOf(name).slice(0, 4)) ends[at]!()
  await settle()
  expect([callsOf('one').length, callsOf('other').length]).toEqual([11, 11])
  for (const way of ways) expect(way()).toBeUndefined()
  await ask('quiet', 1)
  for (const name of ['one', 'other']) expect(ways[callsOf(name).at(-1)!]!()).toBeInstanceOf(Promise)
})

test('those who press leave places for others, however many they are', async () => {
  const { ask, began, ends, pass } = byHand()
  await ask('quiet', 1)
  for (let at = 0; at < 20; at++) await ask(`noisy ${at}`, 200)
  for (let round = 0; round < 10; round++) {
    for (const end of ends.splice(0)) end()
    await settle()
  }
  // Each has calls that run and calls that wait.
  await pass(600)
  for (let at = 0; at < 10; at++) await ask(`quiet ${at}`, 1)
  expect(began.slice(-10)).toEqual(Array.from({ length: 10 }, (_, at) => `quiet ${at}`))
})

test('a free place goes to whoever has the fewest calls running', async () => {
  const { ask, began, ends } = byHand()
  for (let at = 0; at < 8; at++) await ask(`noisy ${at}`, 20)
  const { length } = began
  await ask('quiet', 1)
  expect(began).toHaveLength(length)
  ends.at(-1)!()
  await settle()
  expect(began.at(-1)).toBe('quiet')
})

test('what a caller began alone keeps nobody else waiting', async () => {
  const { ask, began } = byHand()
  await ask('noisy', 200)
  await ask('quiet', 1)
  expect(began.at(-1)).toBe('quiet')
})

test('a call that waits for something outside keeps its place for a moment only', async () => {
  const { ask, began, pass } = byHand()
  await ask('quiet', 1)
  await ask('noisy', 20)
  const served = began.length
  await pass(250)
  expect(began.length).toBeGreaterThan(served)
})

test('those who are refused are told one after the other, others at once with them', async () => {
  const { refuse, told, pass } = byHand()
  for (let at = 0; at < 40; at++) refuse('noisy')
  refuse('quiet')
  await pass(250)
  expect(told).toEqual([250, 250])
  await pass(1_000)
  expect(told).toEqual([250, ...Array.from({ length: 40 }, (_, at) => 250 + 25 * at)])
})

test('of one caller so many refusals wait, and the rest is told at once', async () => {
  const { refuse, told, atOnce, pass } = byHand()
  for (let at = 0; at < 500; at++) refuse('noisy')
  refuse('quiet')
  await pass(0)
  // Ten seconds of them, of which the first waits a quarter of a second.
  expect(atOnce).toHaveLength(500 - 391)
  await pass(10_000)
  expect(told).toHaveLength(391 + 1)
  refuse('noisy')
  await pass(250)
  expect(told).toHaveLength(393)
})

test('who goes before they are told waits no longer, and nothing is kept for them', async () => {
  const { refusal, waiting } = byHand()
  let leave = (): void => undefined
  const left = refusal('noisy', (listener) => {
    leave = listener
    return () => undefined
  })
  expect(waiting()).toBe(1)
  leave()
  expect(await left).toBe(true)
  expect(waiting()).toBe(0)
  const gone = refusal('noisy', (listener) => {
    listener()
    return () => undefined
  })
  expect(await gone).toBe(true)
  expect(waiting()).toBe(0)
})

test.each([0, 0.1, 0.3, 0.7, 1.1])(
  'nobody waits for good, though the clock goes on by %d ms between two looks',
  async (perLook) => {
    const { ask, began, ends, pass } = byHand(perLook)
    await ask('quiet', 1)
    await ask('noisy', 200)
    for (let round = 0; round < 400; round++) {
      for (const end of ends.splice(0)) end()
      await pass(10)
    }
    expect(began).toHaveLength(201)
  },
)
