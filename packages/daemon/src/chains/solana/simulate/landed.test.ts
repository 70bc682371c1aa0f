import { sign } from 'node:crypto'
import { type Address, getAddressEncoder, getBase58Decoder } from '@solana/kit'
import { tokenAsset } from '@waiaas/contract'
import { describe, expect, test } from 'vitest'
import { localSolana, newWallet } from '../../../../test/solana-bed.ts'
import type { Rpc } from '../../rpc.ts'
import { writeMessage } from '../body.ts'
import { readMessage } from '../message.ts'
import { stakeProgram, systemProgram, tokenProgram } from '../programs.ts'
import { addSignature } from '../signature.ts'
import { landings } from './landed.ts'

// What programs have others do shows in no balance, and no program of the local VM does it.

const wallet = newWallet()
const sender = wallet.address as Address
const [eve, account, mint, program] = Array.from({ length: 4 }, () => newWallet().address as Address) as [
  Address,
  Address,
  Address,
  Address,
]
const call = {
  programAddress: program,
  data: Uint8Array.of(1),
  accounts: [sender, account, eve, mint, tokenProgram, systemProgram, stakeProgram].map((address, at) => ({
    address,
    role: at < 3 ? 1 : 0,
  })),
}
const unsigned = writeMessage(sender, [call], newWallet().address)
const message = readMessage(unsigned)
const { hash, bytes } = addSignature(sender, { bytes: unsigned, message }, sign(null, unsigned, wallet.key))
const keys = message.accounts.map(({ address }) => address)
const at = (address: string) => keys.indexOf(address as Address)

type Inner = { readonly program: Address; readonly accounts: readonly Address[]; readonly data: readonly number[] }
const told = ({ program, accounts, data }: Inner) => ({
  ...{ programIdIndex: at(program), accounts: accounts.map(at) },
  data: getBase58Decoder().decode(Uint8Array.from(data)),
})
const held = [{ accountIndex: at(account), mint, owner: sender, uiTokenAmount: { amount: '10' } }]
const balances = keys.map(() => 1_000_000)
function answer(inner: readonly Inner[] | null, more: object = {}): unknown {
  const meta = {
    ...{ fee: 5_000, preBalances: balances, preTokenBalances: held, postTokenBalances: held },
    postBalances: balances.map((lamports, place) => (place === 0 ? lamports - 5_000 : lamports)),
    innerInstructions: inner && [{ index: 0, instructions: inner.map(told) }],
    ...more,
  }
  return { transaction: [Buffer.from(bytes).toString('base64'), 'base64'], meta }
}
const seen = (result: unknown, of = hash) => landings(localSolana, [nodeOf(result)])({ hash: of, sender })

const nodeOf = (result: unknown) => ({ call: async () => result }) as unknown as Rpc
const seenByTwo = (results: readonly [unknown, unknown], alone = false) =>
  landings(localSolana, results.map(nodeOf))({ hash, sender, alone })

const u64 = (value: bigint) => [...new Uint8Array(BigUint64Array.of(value).buffer)]
const keyOf = (address: Address) => [...getAddressEncoder().encode(address)]
const approve = [4, ...u64(9n)]
const allowed = { kind: 'approval', asset: tokenAsset(localSolana, mint), amount: '9', spender: eve, unlimited: false }
const given = (contract: Address) => expect.objectContaining({ kind: 'operator', contract })

test('what any of two endpoints tells counts, and one alone only where that is enough', async () => {
  const more = answer([{ program: tokenProgram, accounts: [account, eve, sender], data: approve }])
  const nothing = answer([])
  for (const both of [[more, nothing] as const, [nothing, more] as const])
    expect(await seenByTwo(both)).toEqual([allowed])
  for (const one of [[nothing, null] as const, [null, nothing] as const]) {
    expect(await seenByTwo(one)).toBeUndefined()
    expect(await seenByTwo(one, true)).toEqual([])
  }
  expect(await seenByTwo([null, null], true)).toBeUndefined()
})

describe('what a program had others do in the name of the wallet', () => {
  test.each<[string, Inner, unknown[]]>([
    ['an allowance', { program: tokenProgram, accounts: [account, eve, sender], data: approve }, [allowed]],
    [
      'an allowance among several instructions in one',
      {
        program: tokenProgram,
        accounts: [account, account, eve, sender],
        data: [255, 1, 1, 17, 3, approve.length, ...approve],
      },
      [allowed],
    ],
    [
      'an authority that is handed over',
      { program: tokenProgram, accounts: [account, sender], data: [6, 2, 1, ...keyOf(eve)] },
      [given(account)],
    ],
    [
      'the account of the wallet itself',
      { program: systemProgram, accounts: [sender], data: [1, 0, 0, 0, ...keyOf(eve)] },
      [given(sender)],
    ],
    ['nothing that concerns it', { program: tokenProgram, accounts: [account, eve, eve], data: approve }, []],
    ['nor what others allow the wallet', { program: tokenProgram, accounts: [eve, sender, eve], data: approve }, []],
  ])('%s', async (_, inner, effects) => {
    expect(await seen(answer([inner]))).toEqual(effects)
  })

  test('is seen by nobody where the node does not tell, or it cannot be taken apart', async () => {
    expect(await seen(answer(null))).toBeUndefined()
    expect(await seen(null)).toBeUndefined()
    const odd = { program: tokenProgram, accounts: [account, eve, sender], data: [255, 9, 9, 4] }
    expect(await seen(answer([odd]))).toBeUndefined()
  })
})

describe('an allowance that is over is none', () => {
  const grant = { program: tokenProgram, accounts: [account, eve, sender], data: approve }
  const take = (amount: bigint, to: Address) => ({
    ...{ program: tokenProgram, accounts: [account, to, eve], data: [3, ...u64(amount)] },
  })
  test.each<[string, Inner[], boolean]>([
    ['taken back', [grant, { program: tokenProgram, accounts: [account, sender], data: [5] }], true],
    ['taken back before it', [{ program: tokenProgram, accounts: [account, sender], data: [5] }, grant], false],
    ['taken whole', [grant, take(9n, eve)], true],
    ['taken in parts', [grant, take(4n, eve), take(5n, eve)], true],
    ['taken in part', [grant, take(8n, eve)], false],
    ['only said to be taken', [grant, take(9n, account)], false],
    [
      'taken back, and given again',
      [grant, { program: tokenProgram, accounts: [account, sender], data: [5] }, grant],
      false,
    ],
    ['replaced', [{ ...grant, accounts: [account, mint, sender] }, grant], false],
  ])('%s', async (_, inner, isOver) => {
    const told = (await seen(answer(inner)))!.filter(({ kind }) => kind === 'approval')
    expect(told).toEqual(isOver ? [] : [allowed])
  })
})

test('what the wallet takes from its stakes and from accounts that it derives hides nothing', async () => {
  const clock = systemProgram
  const withdraw = {
    program: stakeProgram,
    accounts: [account, sender, clock, clock, sender],
    data: [4, 0, 0, 0, ...u64(7n)],
  }
  const moved = (key: Address, by: number) =>
    balances.map((lamports, place) => (place === at(key) ? lamports + by : lamports))
  // Seven came from the stake, and seven went to somebody.
  const post = moved(account, -7)
  post[0]! -= 5_000
  post[at(eve)]! += 7
  const meta = { postBalances: post, preTokenBalances: [], postTokenBalances: [] }
  expect(await seen(answer([withdraw], meta))).toEqual([
    { kind: 'outflow', asset: 'solana:localnet/slip44:501', amount: '7', to: eve },
  ])
  const seed = [...u64(1n), 97]
  const derived = {
    ...{ program: systemProgram, accounts: [account, sender, sender] },
    data: [11, 0, 0, 0, ...u64(7n), ...seed, ...keyOf(systemProgram)],
  }
  expect(await seen(answer([derived], meta))).toMatchObject([{ kind: 'outflow', amount: '7', to: eve }])
})

test("an account that a program only says to be the wallet's hides nothing", async () => {
  const clock = systemProgram
  const said = [
    // Nothing is taken from a stake that a program has made, and signs for.
    { program: stakeProgram, accounts: [account, sender, clock, clock, sender], data: [4, 0, 0, 0, ...u64(0n)] },
    // Nothing is paid by an account that is derived for a program, which may own it by now.
    {
      ...{ program: systemProgram, accounts: [account, sender, sender] },
      data: [11, 0, 0, 0, ...u64(0n), ...u64(1n), 97, ...keyOf(program)],
    },
  ]
  const post = balances.map((lamports, place) => (place === at(account) ? lamports + 7 : lamports))
  post[0]! -= 5_007
  const meta = { postBalances: post, preTokenBalances: [], postTokenBalances: [] }
  for (const one of said) expect(await seen(answer([one], meta))).toMatchObject([{ kind: 'outflow', amount: '7' }])
})

test('balances tell what left, whoever took it', async () => {
  const lost = { postBalances: balances.map((lamports, place) => (place === 0 ? lamports - 5_007 : lamports)) }
  expect(await seen(answer([], lost))).toMatchObject([{ kind: 'outflow', amount: '7', to: program }])
  const taken = { postTokenBalances: [{ ...held[0], uiTokenAmount: { amount: '4' } }] }
  expect(await seen(answer([], taken))).toMatchObject([{ kind: 'outflow', amount: '6' }])
})

test('another transaction than the one that was sent tells nothing', async () => {
  const other = addSignature(sender, { bytes: unsigned, message }, sign(null, unsigned, wallet.key)).hash
  expect(other).toBe(hash)
  await expect(seen(answer([]), newWallet().address)).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
  const forged = answer([]) as { transaction: [string, string] }
  const changed = Buffer.from(bytes)
  changed[changed.length - 3]! ^= 1
  await expect(seen({ ...forged, transaction: [changed.toString('base64'), 'base64'] })).rejects.toThrow()
  await expect(seen(answer([], { preBalances: balances.slice(1) }))).rejects.toMatchObject({ code: 'CHAIN_ERROR' })
})
