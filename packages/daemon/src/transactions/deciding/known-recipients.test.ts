import { getProgramDerivedAddress } from '@solana/kit'
import { newId } from '@waiaas/contract'
import { afterEach, expect, test } from 'vitest'
import { forEachEngine } from '../../../../../test/support/for-each-engine.ts'
import { until as eventually } from '../../../../../test/support/until.ts'
import { lookalikeOf, newEvmAddress, newSolanaAddress } from '../../../../../test/support/wallets.ts'
import { ETHER, migrations, startEvm, startPipeline, startSolana } from '../../../test/pipeline-bed.ts'
import { tokenProgram } from '../../chains/solana/programs.ts'

/** An address that no key can have, of the kind that multisigs keep their money at. */
async function newVault(): Promise<string> {
  const seeds = [newId().replaceAll('-', '')]
  return (await getProgramDerivedAddress({ programAddress: tokenProgram, seeds }))[0]
}
const generous = { instant_max_usd: 1_000, notify_max_usd: 2_000, delay_max_usd: 3_000 }

const worlds = [
  {
    name: 'EVM',
    node: () => startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 }),
    address: newEvmAddress,
    amount: String(ETHER / 1_000n),
  },
  { name: 'Solana', node: () => startSolana({ slotMs: 50 }), address: newSolanaAddress, amount: '2000000' },
]

forEachEngine((_engine, open) => {
  const stops: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  test.each(worlds)('on $name an address that looks like one that was paid waits for a human', async (world) => {
    const node = await world.node()
    const bed = await startPipeline(await open(migrations), node)
    stops.push(
      () => bed.stop(),
      () => node.stop(),
    )
    const { send, until, limit, service, rules, wallet } = bed
    const from = await wallet()
    await limit(from.id, generous)
    const known = world.address()
    const other = lookalikeOf(known)
    const [listed, ofNobody] = [lookalikeOf(known, '3'), lookalikeOf(world.address())]
    // Not every text of that length is a key; an account that exists is paid all the same.
    if ('airdrop' in node) for (const to of [other, listed, ofNobody]) await node.airdrop(to, 2_000_000n)
    const pay = (to: string) => send(from, { to, amount: world.amount })
    const paid = async (to: string) => {
      const { accepted } = await pay(to)
      expect(accepted).toMatchObject({ tier: 'INSTANT' })
      expect(await until(accepted!.id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    }
    await paid(known)

    const waiting = (await pay(other)).accepted!
    expect(waiting).toMatchObject({ tier: 'APPROVAL', status: 'QUEUED' })
    const reason = { code: 'RECIPIENT_LOOKALIKE' }
    expect(waiting.decision?.reasons).toMatchObject([reason])
    expect(String(waiting.decision?.reasons[0]?.allowed).toLowerCase()).toBe(known.toLowerCase())
    expect(Object.values(waiting.decision?.inputs?.lookalikes ?? {})).toEqual([waiting.decision?.reasons[0]?.allowed])
    // The one that was paid, in any spelling, and others are not held up.
    await paid(known)
    if (world.name === 'EVM') await paid(`0x${known.slice(2).toUpperCase()}`)
    await paid(world.address())
    // Asked for again it is no better known.
    await service.reject(waiting.id)
    const again = (await pay(other)).accepted!
    expect(again.tier).toBe('APPROVAL')
    // A human who compared them makes it known.
    await service.approve(again.id)
    expect(await until(again.id, 'CONFIRMED', 'FAILED')).toBe('CONFIRMED')
    await paid(other)
    // Each wallet knows its own.
    const second = await wallet()
    await limit(second.id, generous)
    expect((await send(second, { to: ofNobody, amount: world.amount })).accepted).toMatchObject({ tier: 'INSTANT' })
    expect((await send(second, { to: other, amount: world.amount })).accepted).toMatchObject({ tier: 'INSTANT' })
    // Whom the operator lists, they have compared.
    expect((await pay(listed)).accepted).toMatchObject({ tier: 'APPROVAL' })
    await rules.create({
      walletId: from.id,
      type: 'WHITELIST',
      rules: { allowed_addresses: [listed] },
      priority: 0,
      enabled: true,
    } as never)
    expect((await pay(listed)).accepted).toMatchObject({ tier: 'INSTANT' })
  })

  test('who was never paid has the tier of first recipients, until a payment is final and the wait is over', async () => {
    const node = await startEvm({ blockTime: 0.25, slotsInAnEpoch: 1 })
    const { stop, send, until, limit, wallet, database } = await startPipeline(await open(migrations), node)
    stops.push(stop, () => node.stop())
    const from = await wallet()
    const first = (wait_seconds: number) =>
      limit(from.id, { ...generous, first_recipient: { tier: 'NOTIFY', wait_seconds } })
    await first(0)
    const to = newEvmAddress()
    const unit = ETHER / 1_000n
    const pay = async (amount: bigint) => (await send(from, { to, amount: String(amount) })).accepted!
    const one = await pay(unit)
    expect(one).toMatchObject({
      tier: 'NOTIFY',
      decision: { reasons: [{ code: 'RECIPIENT_NOT_KNOWN', observed: to }] },
    })
    await until(one.id, 'CONFIRMED')
    await eventually(`${to} to be known`, async () => {
      const rows = await database.read((db) =>
        db.query<{ address: string; paid_usd: string | null }>((k) =>
          k.selectFrom('known_recipients').select(['address', 'paid_usd']).where('first_final_at', 'is not', null),
        ),
      )
      return rows.some(({ address, paid_usd }) => address.toLowerCase() === to && paid_usd === '2000000')
    })
    const more = await pay(10n * unit + 1n)
    expect(more).toMatchObject({ tier: 'NOTIFY', decision: { reasons: [{ observed: 20.000001, allowed: 20 }] } })
    expect(await pay(10n * unit)).toMatchObject({ tier: 'INSTANT' })
    await first(3_600)
    expect(await pay(unit)).toMatchObject({ tier: 'NOTIFY' })
  })

  test('the first deposit of a vault waits for a human, also when judged again, unless a list names it', async () => {
    const node = await startSolana({ slotMs: 50 })
    const { stop, send, until, limit, service, rules, wallet } = await startPipeline(await open(migrations), node)
    stops.push(stop, () => node.stop())
    const from = await wallet()
    await limit(from.id, generous)
    const [vault, listed] = [await newVault(), await newVault()]
    const pay = async (to: string) => (await send(from, { to, amount: '2000000' })).accepted!
    const waiting = await pay(vault)
    expect(waiting).toMatchObject({ tier: 'APPROVAL', status: 'QUEUED' })
    expect(waiting.decision?.reasons).toMatchObject([{ code: 'RECIPIENT_NEVER_FUNDED', observed: vault }])
    // Another version of the policies, so that it is judged again before it is signed.
    await limit(from.id, { ...generous, instant_max_usd: 999 })
    await service.approve(waiting.id)
    expect(await until(waiting.id, 'CONFIRMED', 'FAILED', 'CANCELLED', 'QUEUED')).toBe('CONFIRMED')
    expect(await pay(vault)).toMatchObject({ tier: 'INSTANT' })
    const list = { type: 'WHITELIST', rules: { allowed_addresses: [listed] }, priority: 0, enabled: true }
    await rules.create({ walletId: from.id, ...list } as never)
    expect(await pay(listed)).toMatchObject({ tier: 'INSTANT' })
  })
})
