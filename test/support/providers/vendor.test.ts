import { describe, expect, test } from 'vitest'
import { evmProfiles } from './evm.ts'
import type { Habits, Profile } from './profile.ts'
import { solanaProfiles } from './solana.ts'
import { unusable } from './unusable.ts'
import { vendor } from './vendor.ts'
import type { Call, Node } from './wire.ts'

const node: Node = async (calls) => calls.map(({ method }) => ({ result: method }))
const playing = (habits: Habits) => vendor({ name: 'x', chain: 'Solana', what: '', sources: [], habits }, node)
const call = (method: string, id = 1): Call => ({ jsonrpc: '2.0', id, method, params: [] })
const batchOf = (...methods: string[]) => methods.map((method, id) => call(method, id))
async function said(provider: ReturnType<typeof playing>, body: unknown) {
  const answer = await provider.answer(JSON.stringify(body))
  return answer && { status: answer.status, body: JSON.parse(answer.text) as unknown }
}
const refusal = { status: 429, says: { code: 7, message: 'no' } }
const error = (id: number | null) => ({ jsonrpc: '2.0', id, error: refusal.says })
const result = (id: number, method: string) => ({ jsonrpc: '2.0', id, result: method })

describe('a profile', () => {
  const all: readonly Pick<Profile, 'name' | 'sources' | 'what'>[] = [...evmProfiles, ...solanaProfiles, ...unusable]

  test('has a name of its own, and a page for all that is not assumed', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    for (const { name, sources } of all) {
      const bare = sources.filter(({ url, kind }) => (kind === 'assumed') !== (url === ''))
      expect({ name, bare, known: sources.some(({ url }) => url !== '') }).toEqual({ name, bare: [], known: true })
    }
  })
})

describe('a provider that is played', () => {
  test('answers single calls and batches by their ids', async () => {
    const provider = playing({})
    expect(await said(provider, call('a', 4))).toEqual({ status: 200, body: result(4, 'a') })
    expect(await said(provider, batchOf('a', 'b'))).toEqual({ status: 200, body: [result(0, 'a'), result(1, 'b')] })
    expect(provider.misuses).toEqual([])
  })

  test.each([
    ['no JSON', 'a{'],
    ['an empty batch', '[]'],
    ['a call without a version', '{"id":1,"method":"a","params":[]}'],
    ['a call without parameters', '{"jsonrpc":"2.0","id":1,"method":"a"}'],
    ['an id twice', JSON.stringify([call('a'), call('b')])],
  ])('takes note of %s', async (_, body) => {
    const provider = playing({})
    expect(await provider.answer(body)).toMatchObject({ status: 400 })
    expect(provider.misuses).toHaveLength(1)
  })

  test('refuses larger batches by one answer, call by call, or by closing', async () => {
    const batch = batchOf('a', 'b')
    const one = playing({ batches: { most: 1, answers: 'one', refusal } })
    expect(await said(one, batch)).toEqual({ status: 429, body: error(null) })
    expect(await said(one, [call('a')])).toMatchObject({ status: 200 })
    const each = playing({ batches: { most: 1, answers: 'each', refusal } })
    expect(await said(each, batch)).toEqual({ status: 429, body: [error(0), error(1)] })
    const none = playing({ batches: { most: 1, answers: 'one', refusal: 'hangs up' } })
    expect(await said(none, batch)).toBeUndefined()
  })

  test('lets a method that it has not got spoil its own call, or the request', async () => {
    const alone = playing({ without: [{ methods: ['a'], refuses: 'call', refusal }] })
    expect(await said(alone, call('a'))).toEqual({ status: 429, body: error(1) })
    expect(await said(alone, batchOf('a', 'b'))).toEqual({ status: 200, body: [error(0), result(1, 'b')] })
    const all = playing({ without: [{ methods: ['a'], refuses: 'request', refusal }] })
    expect(await said(all, batchOf('a', 'b'))).toEqual({ status: 429, body: error(null) })
  })

  test('counts calls of a batch one by one, or the batch as a whole', async () => {
    const rate = { perSecond: 0, most: 2, costs: { dear: 9 } }
    const each = playing({ rates: [{ ...rate, refuses: 'call', refusal }] })
    expect(await said(each, batchOf('a', 'b', 'c'))).toMatchObject({
      body: [{ result: 'a' }, { result: 'b' }, error(2)],
    })
    const all = playing({ rates: [{ ...rate, refuses: 'request', refusal }] })
    expect(await said(all, batchOf('a', 'dear'))).toMatchObject({ status: 429 })
    expect(await said(all, batchOf('a', 'b'))).toMatchObject({ status: 200 })
    const methods = playing({ rates: [{ perSecond: 0, most: 1, for: 'each method', refuses: 'call', refusal }] })
    expect(await said(methods, batchOf('a', 'b', 'a'))).toMatchObject({
      body: [{ result: 'a' }, { result: 'b' }, error(2)],
    })
  })

  test('may do the calls of a batch from the last to the first', async () => {
    const order: string[] = []
    const noting: Node = (calls) => {
      order.push(...calls.map(({ method }) => method))
      return node(calls)
    }
    const provider = vendor({ name: 'x', chain: 'Solana', what: '', sources: [], habits: { backwards: true } }, noting)
    const answer = await provider.answer(JSON.stringify(batchOf('a', 'b')))
    expect(JSON.parse(answer!.text)).toEqual([result(1, 'b'), result(0, 'a')])
    expect(order).toEqual(['b', 'a'])
  })
})
