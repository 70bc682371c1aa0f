import { formatUnits, integerOf, newId, toBase, tokenAsset, toUsd } from '@waiaas/contract'
import { createSolanaFixtures, deployEvmFixtures, evmContracts, mintToken } from '@waiaas/localnet'
import { encodeFunctionData, type Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPrepared } from '../../../../test/support/prepared.ts'
import { ETHER, localEvm, startEvm, startPipeline, startSolana } from '../../test/pipeline-bed.ts'
import { localSolana, newWallet, signUnder, type Wallet } from '../../test/solana-bed.ts'
import { solanaChain } from '../chains/solana/chain.ts'
import { tokenProgram } from '../chains/solana/programs.ts'
import { walletWindow } from '../ledger/service.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const { abi } = evmContracts.PlainToken

/** A token of a chain that costs a dollar, and what others do with it; amounts are whole. */
type Chained = {
  readonly node: Parameters<typeof startPipeline>[1]
  readonly token: string
  readonly asset: string
  readonly unit: bigint
  mint(to: string, amount: number): Promise<unknown>
  /** Somebody who can take, and has an account for it. */
  spender(): Promise<Spender>
  finalise(): Promise<unknown>
  stop(): Promise<unknown>
}
type Spender = { readonly address: string; take(from: string, amount: number): Promise<unknown> }

async function onEvm(): Promise<Chained> {
  const node = await startEvm({})
  const token = (await deployEvmFixtures(node)).plainToken as Hex
  const whole = (amount: number) => BigInt(amount) * ETHER
  return {
    ...{ node, token, asset: tokenAsset(localEvm, token.toLowerCase()), unit: ETHER },
    mint: (to, amount) => mintToken(node, token, { to: to as Hex, amount: whole(amount) }),
    async spender() {
      const address = `0x${newId().replaceAll('-', '').padStart(40, 'a')}` as Hex
      await node.fund(address, ETHER)
      await node.rpc('anvil_impersonateAccount', [address])
      return {
        address,
        take(from, amount) {
          const args = [from as Hex, address, whole(amount)] as const
          const data = encodeFunctionData({ abi, functionName: 'transferFrom', args })
          return node.rpc('eth_sendTransactionSync', [{ from: address, to: token, data, gas: '0x30000' }])
        },
      }
    },
    finalise: () => node.rpc('anvil_mine', ['0x46']),
    stop: () => node.stop(),
  }
}

async function onSolana(): Promise<Chained> {
  const node = await startSolana({ slotMs: 50, finalSlots: 8 })
  const { splMint, mintTo } = await createSolanaFixtures(node)
  const chain = solanaChain({ network: localSolana, urls: [node.url] })
  const unit = 10n ** 6n
  const accountOf = (owner: string) => mintTo(splMint, owner, 1n)
  async function take(spender: Wallet, from: string, amount: number): Promise<void> {
    const data = [3, ...new Uint8Array(BigUint64Array.of(BigInt(amount) * unit).buffer)]
    const names = [await accountOf(from), await accountOf(spender.address), spender.address]
    const accounts = names.map((pubkey) => ({ pubkey, isSigner: pubkey === spender.address, isWritable: true }))
    const given = { programId: tokenProgram, data: Buffer.from(data).toString('base64'), accounts }
    const instructions = chain.programs!.instructions(spender.address, [given])
    const intent = { kind: 'program-call', to: tokenProgram, instructions, tokens: [], owners: [] } as const
    const draft = await chain.draft(spender.address, intent)
    const { signed } = signUnder(chain, spender, draft, await chain.expiry!.anchor())
    expect(await chain.broadcast([signed.bytes])).toEqual([{ outcome: 'accepted' }])
  }
  return {
    ...{ node, token: splMint, asset: tokenAsset(localSolana, splMint), unit },
    mint: (to, amount) => mintTo(splMint, to, BigInt(amount) * unit),
    async spender() {
      const spender = newWallet()
      await node.airdrop(spender.address, 10n ** 9n)
      await accountOf(spender.address)
      return { address: spender.address, take: (from, amount) => take(spender, from, amount) }
    },
    finalise: async () => node.advance(8),
    async stop() {
      chain.close()
      await node.stop()
    },
  }
}

/** What is open of a window, and all of it, in dollars. */
const shows = (window: () => Promise<number[]>, open: number, total: number) =>
  expect.poll(window, { timeout: 60_000, interval: 50 }).toEqual([open, total])

describe.each([
  { name: 'an EVM chain', start: onEvm, delegates: 2 },
  { name: 'Solana', start: onSolana, delegates: 1 },
])('on $name', ({ start, delegates }) => {
  let chained: Chained
  let stop: () => Promise<void>
  let bed: Awaited<ReturnType<typeof startPipeline>>
  let shift = -30 * DAY
  const now = () => Date.now() + shift

  beforeAll(async () => {
    chained = await start()
    const database = await openPrepared()
    bed = await startPipeline(database, chained.node, undefined, { now }, { fixed: { [chained.asset]: '1' } })
    stop = async () => {
      await bed.stop()
      await database.close()
      await chained.stop()
    }
    // Who may take all that there is may take anything.
    await chained.mint((await chained.spender()).address, 1_000_000)
  })
  afterAll(() => stop?.())

  /** A wallet with so much of the token, which may let one spender take it, and a limit of a hundred dollars a day. */
  async function allower(has: number) {
    const from = await bed.wallet()
    const [spender, other] = [await chained.spender(), await chained.spender()]
    await chained.mint(from.address, has)
    await bed.limit(from.id, {
      ...{ instant_max_usd: 1e3, notify_max_usd: 1e3, delay_max_usd: 1e3 },
      daily_limit_usd: 100,
    })
    for (const [type, rules] of [
      ['ALLOWED_TOKENS', { tokens: [{ address: chained.token }] }],
      ['APPROVED_SPENDERS', { spenders: [spender, other].map(({ address }) => ({ address })) }],
    ] as const)
      await bed.rules.create({ walletId: from.id, type, rules, priority: 0, enabled: true } as never)
    const send = async (request: object) => {
      const { transactionId, refused } = await bed.send(from, request as never, newId())
      if (refused) return refused
      await bed.until(transactionId, 'CONFIRMED')
      await chained.finalise()
      return undefined
    }
    const worth = (_: string, amount: bigint) => toUsd((amount * 10n ** 6n) / chained.unit)
    const window = async () => {
      const query = { worth: worth as never, account: from.id, lengthMs: DAY, now: now() }
      const { open, total } = await bed.database.read((db) => walletWindow(db, query))
      // Fees are some cents.
      return [open, total].map((usd) => Math.floor(Number(formatUnits(toBase(integerOf(usd)), 6))))
    }
    const amountOf = (amount: number) => String(BigInt(amount) * chained.unit)
    const token = { address: chained.token }
    const approve = (amount: number, to = spender) =>
      send({ type: 'APPROVE', spender: to.address, amount: amountOf(amount), token })
    const pay = (amount: number) =>
      send({ type: 'TOKEN_TRANSFER', to: spender.address, amount: amountOf(amount), token })
    /** Its transaction is final, and the chain was asked what is open of it. */
    const looked = () =>
      expect
        .poll(
          () =>
            bed.database.read((db) =>
              db.query<{ balance: string | null }>((k) =>
                k.selectFrom('standing_allowances').select('balance').where('account', '=', from.id),
              ),
            ),
          { timeout: 60_000, interval: 50 },
        )
        .toEqual([{ balance: expect.any(String) }])
    const take = (amount: number) => spender.take(from.address, amount)
    return { address: from.address, spender: spender.address, other, looked, window, take, approve, pay }
  }

  test('an allowance holds its room in every window as long as it is open, and what is taken of it counts when it is taken', async () => {
    const { spender, looked, window, take, approve, pay } = await allower(1_000)
    expect(await approve(60)).toBeUndefined()
    await looked()
    await shows(window, 60, 60)
    shift += 3 * DAY
    expect(await window()).toEqual([60, 60])
    const refused = await pay(50)
    expect(refused).toMatchObject({ code: 'POLICY_DENIED' })
    expect(JSON.stringify(refused).toLowerCase()).toContain(
      `60 usd of it are held by open allowances to ${spender.toLowerCase()}`,
    )

    await take(25)
    shift += HOUR
    await shows(window, 35, 60)
    shift += DAY + HOUR
    expect(await window()).toEqual([35, 35])

    // What is taken back may have been taken just before.
    expect(await approve(0)).toBeUndefined()
    shift += HOUR
    await shows(window, 0, 35)
    shift += DAY + HOUR
    expect(await window()).toEqual([0, 0])
    expect(await pay(90)).toBeUndefined()
  })

  test('no more is held than the wallet has, and what comes in is held with the next look', async () => {
    const { address, looked, window, approve, pay } = await allower(20)
    expect(await approve(95)).toBeUndefined()
    await looked()
    await shows(window, 20, 20)
    await chained.mint(address, 50)
    shift += HOUR
    await shows(window, 70, 70)
    // What the wallet pays itself is not there to be taken any more.
    expect(await pay(25)).toBeUndefined()
    await shows(window, 45, 70)
    shift += DAY + HOUR
    expect(await window()).toEqual([45, 45])
  })

  test('where an account has one delegate, a new one takes the place of the last, which may have taken all before', async () => {
    const { other, looked, window, approve } = await allower(200)
    expect(await approve(60)).toBeUndefined()
    await looked()
    expect(await approve(30, other)).toBeUndefined()
    shift += HOUR
    await shows(window, delegates === 1 ? 30 : 90, 90)
    shift += DAY + HOUR
    const left = delegates === 1 ? 30 : 90
    expect(await window()).toEqual([left, left])
  })
})
