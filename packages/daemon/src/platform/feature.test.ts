import { expect, expectTypeOf, test } from 'vitest'
import { handlersOf, inOrder } from './feature.ts'

const said: string[] = []
const features = {
  mute: { handlers: { one: () => 1 } },
  loud: { handlers: { two: () => 'b' }, start: () => void said.push('loud'), stop: async () => {} },
  late: { start: () => void said.push('late') },
}

test('features start in the order that is given, and one that is left out does not compile', () => {
  for (const { start } of inOrder(features, 'start', ['late', 'loud'])) start()
  expect(said).toEqual(['late', 'loud'])
  // @ts-expect-error: `late` starts too
  inOrder(features, 'start', ['loud'])
  // @ts-expect-error: `mute` has nothing to stop
  expect(() => inOrder(features, 'stop', ['loud', 'mute'])).toThrow('mute has nothing to stop')
})

test('the handlers of all features are one table', () => {
  const all = handlersOf(features)
  expectTypeOf(all).toEqualTypeOf<{ one: () => number } & { two: () => string }>()
  expect([all.one(), all.two()]).toEqual([1, 'b'])
})
