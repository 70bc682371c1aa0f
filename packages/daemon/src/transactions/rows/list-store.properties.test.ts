import { LISTED_ONLY, newId, TransactionStatus } from '@waiaas/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { migrations } from '../../../test/pipeline-bed.ts'
import { attemptRow, storeRows, transactionRow } from '../../../test/transaction-rows.ts'
import { type ListFilter, listStore } from './list-store.ts'
import type { NewRow } from './store.ts'

const WALLETS = ['w1', 'w2', 'w3']
/** The one that has a name. */
const NAMED = { id: 'w2', name: 'The Shop' }
const NETWORKS = ['local-evm', 'local-solana']
const TIMES = [1_000, 2_000, 3_000]
const SESSIONS = ['s1', 's2', null]
const HASHES = ['0xAbCdEf', '0xab_def', 'x%y', null]
const ADDRESSES = ['0xDeaDBeef', '9xQeWvG', null]

/** In the form that compares. */
const KEYS = ['0x00000000000000000000000000000000000000ab', '4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T']
/** Whose address is the first of them, as people write it. */
const CONTACT = { name: 'bobby', address: '0x00000000000000000000000000000000000000aB' }
/** Of the bytes that one was signed as, one after the other. */
const SIGNED = ['0xfe01', '0xfe02', '5Sig']

const some = <T>(values: readonly T[]) => fc.constantFrom(...values)
const rows = fc.array(
  fc.record({
    wallet_id: some(WALLETS),
    status: some(TransactionStatus.options),
    session_id: some(SESSIONS),
    tier: some(['INSTANT', 'APPROVAL', null]),
    type: some(['TRANSFER', 'TOKEN_TRANSFER']),
    network: some(NETWORKS),
    created_at: some(TIMES),
    tx_hash: some(HASHES),
    to_address: some(ADDRESSES),
    addresses: fc.subarray(KEYS),
    labels: some([JSON.stringify({ task: 'a', agent: 'b' }), JSON.stringify({ task: 'b' }), null]),
    signed: fc.subarray(SIGNED),
  }),
  { maxLength: 25 },
)
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const filters = fc.record({
  walletIds: maybe(fc.subarray(WALLETS, { minLength: 1 })),
  statuses: maybe(fc.subarray([...TransactionStatus.options], { minLength: 1 })),
  sessionId: maybe(some(['s1', 's2', 's3'])),
  only: maybe(some(LISTED_ONLY)),
  type: maybe(some(['TRANSFER', 'TOKEN_TRANSFER'])),
  network: maybe(some(NETWORKS)),
  since: maybe(some(TIMES)),
  until: maybe(some(TIMES)),
  address: maybe(some([KEYS[0]!, KEYS[0]!.toUpperCase().replace('0X', '0x'), KEYS[1]!, KEYS[1]!.toLowerCase()])),
  hash: maybe(some(['0xfe01', '0xFE01', '0xfe02', '5Sig', '5SIG', '0xfe0'])),
  label: maybe(some(['task:a', 'task:b', 'agent:b', 'task'])),
  search: maybe(
    some(['0xabc', 'ABCD', '_', '%', 'deadbeef', '9xqewvg', 'none', "'", 'TASK', 't:b', 'shop', 'bob', '00ab']),
  ),
})

const times = { created_at: 1, updated_at: 1 }
const contact = { ...CONTACT, ...times, id: newId(1), seen: CONTACT.name, chain: 'ethereum' } as const
const namedWallet = {
  ...{ ...NAMED, ...times, name_key: null, account: NAMED.id },
  ...({ chain: 'ethereum', environment: 'testnet', status: 'ACTIVE' } as const),
  ...{ address: '0x', suspended_at: null, suspension_reason: null },
  ...{ terminated_at: null, purged_at: null, spends_unknown_before: null },
} as const

const holds = (text: string | null, search: string) => text?.toLowerCase().includes(search.toLowerCase()) ?? false
type Made = NewRow & { readonly signed: readonly string[] }
const isHex = (text: string) => text.startsWith('0x')
const isOnly: Record<(typeof LISTED_ONLY)[number], (row: Made) => boolean> = {
  waiting: ({ status }) => ['PENDING', 'QUEUED', 'GAS_WAITING', 'EXECUTING'].includes(status),
  asked: ({ tier }) => tier === 'APPROVAL',
  refused: ({ tier }) => tier === null,
}
const foundBy = ({ tx_hash, to_address, id, labels, wallet_id, addresses }: Made) => [
  addresses.includes(CONTACT.address.toLowerCase()) ? CONTACT.name : null,
  ...[tx_hash, to_address, id, wallet_id === NAMED.id ? NAMED.name : null],
  ...Object.entries(JSON.parse(labels ?? '{}')).map((pair) => pair.join(':')),
]
const matches =
  ({ walletIds, sessionId, statuses, only, type, network, address, hash, label, since, until, search }: ListFilter) =>
  (row: Made) =>
    (sessionId === undefined || row.session_id === sessionId) &&
    (only === undefined || isOnly[only](row)) &&
    (address === undefined || row.addresses.includes(isHex(address) ? address.toLowerCase() : address)) &&
    (hash === undefined || row.signed.includes(isHex(hash) ? hash.toLowerCase() : hash)) &&
    (label === undefined || Object.entries(JSON.parse(row.labels ?? '{}')).some((pair) => pair.join(':') === label)) &&
    (walletIds?.includes(row.wallet_id) ?? true) &&
    (statuses?.includes(row.status) ?? true) &&
    (type === undefined || row.type === type) &&
    (network === undefined || row.network === network) &&
    (since === undefined || row.created_at >= since) &&
    (until === undefined || row.created_at <= until) &&
    (search === undefined || foundBy(row).some((text) => holds(text, search)))

forEachEngine((_engine, open) => {
  test('pages of any size give each transaction that a filter means once, newest first', async () => {
    const database = await open(migrations)
    await database.work({}, async (db) => {
      await db.query((k) => k.insertInto('wallets').values(namedWallet))
      await db.query((k) => k.insertInto('contacts').values(contact))
    })
    await fc.assert(
      fc.asyncProperty(rows, filters, fc.integer({ min: 1, max: 7 }), async (made, filter, limit) => {
        await database.work({}, (db) => db.query((k) => k.deleteFrom('transactions')))
        const all = made.map(({ signed, ...change }) => ({
          ...transactionRow({ ...change, id: newId(change.created_at) }),
          signed,
        }))
        const attempts = all.flatMap(({ id, signed }) =>
          signed.map((hash) => attemptRow({ transaction_id: id, state: 'void', hash })),
        )
        await storeRows(database, all, attempts)
        const expected = all.filter(matches(filter)).map(({ id }) => id)
        const newestFirst = expected.toSorted().toReversed()
        const paged: string[] = []
        let before: string | undefined
        for (;;) {
          const page = await database.read((db) => listStore.list(db, { ...filter, before }, limit))
          expect(page.length).toBeLessThanOrEqual(limit)
          paged.push(...page.map(({ id }) => id))
          if (page.length < limit) break
          before = page.at(-1)!.id
        }
        expect(paged).toEqual(newestFirst)
        expect(await database.read((db) => listStore.count(db, filter))).toBe(expected.length)
        const offset = Math.floor(expected.length / 2)
        const rest = await database.read((db) => listStore.list(db, { ...filter, offset }, 100))
        expect(rest.map(({ id }) => id)).toEqual(newestFirst.slice(offset))
      }),
      { numRuns: 60 },
    )
  })

  test("a wallet's own list is what the filter of that wallet gives, page by page", async () => {
    const database = await open(migrations)
    await fc.assert(
      fc.asyncProperty(rows, some(WALLETS), fc.integer({ min: 1, max: 5 }), async (made, wallet, limit) => {
        await database.work({}, (db) => db.query((k) => k.deleteFrom('transactions')))
        await storeRows(
          database,
          made.map(({ signed: _, ...change }) => transactionRow({ ...change, id: newId(change.created_at) })),
        )
        let before: string | undefined
        do {
          const [own, filtered] = await database.read((db) =>
            Promise.all([
              listStore.ofWallet(db, { wallet, before, count: limit }),
              listStore.list(db, { walletIds: [wallet], before }, limit),
            ]),
          )
          expect(own).toEqual(filtered)
          before = own.length < limit ? undefined : own.at(-1)!.id
        } while (before)
      }),
      { numRuns: 30 },
    )
  })

  test('the fee that was paid is told of what is in a block, and of nothing else', async () => {
    const database = await open(migrations)
    const states = ['issued', 'recorded', 'included', 'final', 'void', 'dropped', 'reused'] as const
    for (const state of states) {
      const row = transactionRow()
      await storeRows(
        database,
        [row],
        [
          attemptRow({ transaction_id: row.id, state: 'void', fee: null }),
          attemptRow({ transaction_id: row.id, state, fee: '77' }),
        ],
      )
      const [listed] = await database.read((db) => listStore.list(db, { walletIds: ['w'] }, 1))
      expect(listed, state).toMatchObject({ id: row.id, paid: state === 'included' || state === 'final' ? '77' : null })
      expect(Object.keys(listed!)).not.toEqual(expect.arrayContaining(['draft']))
    }
  })
})
