import { createHash } from 'node:crypto'
import { type Address, getAddressDecoder, getAddressEncoder } from '@solana/kit'
import { NETWORKS, nativeAsset, tokenAsset } from '@waiaas/contract'
import { expect, test } from 'vitest'
import { stakeProgram, systemProgram, tokenProgram } from '../programs.ts'
import { effectsSeen, type State } from './things.ts'

const network = NETWORKS.find(({ id }) => id === 'solana-mainnet')!
const key = (seed: string): Address => getAddressDecoder().decode(createHash('sha256').update(seed).digest())
const [me, eve, mint, account, other, program] = ['me', 'eve', 'mint', 'account', 'other', 'program'].map(key) as [
  Address,
  Address,
  Address,
  Address,
  Address,
  Address,
]
const native = nativeAsset(network)
const SOL = 1_000_000_000n
const RENT = 2_039_280n

const at = (data: Buffer, place: number, address: Address) => data.set(getAddressEncoder().encode(address), place)
const plain = (lamports: bigint, owner: Address = systemProgram, size = 0): State => ({
  ...{ lamports, owner, executable: false, data: Buffer.alloc(size) },
})
type Token = { owner: Address; amount: bigint; lamports?: bigint; of?: Address; delegate?: Address; closer?: Address }
function token({ owner, amount, lamports = RENT, of = mint, delegate, closer }: Token): State {
  const data = Buffer.alloc(165)
  at(data, 0, of)
  at(data, 32, owner)
  data.writeBigUInt64LE(amount, 64)
  if (delegate) {
    data.writeUInt32LE(1, 72)
    at(data, 76, delegate)
    data.writeBigUInt64LE(amount, 121)
  }
  if (closer) {
    data.writeUInt32LE(1, 129)
    at(data, 133, closer)
  }
  return { lamports, owner: tokenProgram, executable: false, data }
}
function stake(withdrawer: Address, lamports: bigint, lockedUntil = 0n): State {
  const data = Buffer.alloc(200)
  data[0] = 2
  at(data, 12, me)
  at(data, 44, withdrawer)
  data.writeBigInt64LE(lockedUntil, 76)
  return { lamports, owner: stakeProgram, executable: false, data }
}

type Pair = readonly [State, State]
const seen = (changes: Readonly<Record<string, Pair>>, told = 5_000n) =>
  effectsSeen({
    ...{ network, sender: me, derived: [], told, program },
    changes: Object.entries(changes).map(([address, [before, after]]) => ({ address, before, after })),
  })
const outflow = (amount: bigint, to: Address, asset = native) => ({ kind: 'outflow', asset, amount: `${amount}`, to })
const given = (contract: Address, operator: Address) => ({ kind: 'operator', contract, operator, isGranted: true })
const mine = (amount: bigint, more: Partial<Token> = {}) => token({ owner: me, amount, ...more })

test('the fee is no loss, and whatever is less beyond it is', () => {
  expect(seen({ [me]: [plain(SOL), plain(SOL - 5_000n)] })).toEqual([])
  expect(seen({ [me]: [plain(SOL), plain(SOL - 5_007n)] })).toEqual([outflow(7n, program)])
  const paid = { [me]: [plain(SOL), plain(SOL - 5_007n)], [eve]: [null, plain(7n)] } as const
  expect(seen(paid)).toEqual([outflow(7n, eve)])
})

test('what goes to a token account of the wallet is its own up to the deposit alone, since a mint may freeze the rest', () => {
  const wallet: Pair = [plain(SOL), plain(SOL - 5_000n - RENT)]
  expect(seen({ [me]: wallet, [account]: [null, mine(0n)] })).toEqual([])
  const rest = SOL - 5_000n - 500_000_000n
  const stuck = seen({ [me]: [plain(SOL), plain(rest)], [account]: [null, mine(1n, { lamports: 500_000_000n })] })
  expect(stuck).toEqual([outflow(500_000_000n - 2_220_240n, program)])
})

test('a stake belongs to the wallet where it may withdraw, now', () => {
  const wallet: Pair = [plain(SOL), plain(SOL - 5_000n - 7n)]
  expect(seen({ [me]: wallet, [account]: [null, stake(me, 7n)] })).toEqual([])
  expect(seen({ [me]: wallet, [account]: [null, stake(me, 7n, 2n ** 40n)] })).toEqual([outflow(7n, account)])
  expect(seen({ [me]: wallet, [account]: [null, stake(eve, 7n)] })).toEqual([outflow(7n, account)])
  const taken = seen({ [me]: [plain(SOL), plain(SOL - 5_000n)], [account]: [stake(me, 7n), stake(eve, 7n)] })
  expect(taken).toEqual(expect.arrayContaining([outflow(7n, account), given(account, eve)]))
})

test('an account of the wallet that somebody else may close, take from or own is handed over', () => {
  const still: Pair = [plain(SOL), plain(SOL - 5_000n)]
  const closer = seen({ [me]: still, [account]: [mine(0n), mine(0n, { closer: eve })] })
  expect(closer).toEqual([given(account, eve)])
  const fresh: Pair = [plain(SOL), plain(SOL - 5_000n - RENT)]
  expect(seen({ [me]: fresh, [account]: [null, mine(0n, { closer: eve })] })).toEqual([given(account, eve)])
  const asset = tokenAsset(network, mint)
  expect(seen({ [me]: still, [account]: [mine(7n), mine(7n, { delegate: eve })] })).toEqual([
    { kind: 'approval', asset, amount: '7', spender: eve, unlimited: false },
  ])
  expect(seen({ [me]: still, [account]: [mine(7n), token({ owner: eve, amount: 7n })] })).toEqual(
    expect.arrayContaining([outflow(7n, eve, asset), given(account, eve)]),
  )
})

test('the account of the wallet itself is handed over when a program has it, or it holds data', () => {
  for (const after of [plain(SOL - 5_000n, program), plain(SOL - 5_000n, systemProgram, 8)])
    expect(seen({ [me]: [plain(SOL), after] })).toContainEqual(
      expect.objectContaining({ kind: 'operator', contract: me }),
    )
})

test('tokens that move between accounts of the wallet, and lamports that are wrapped, leave nobody', () => {
  const still: Pair = [plain(SOL), plain(SOL - 5_000n)]
  expect(seen({ [me]: still, [account]: [mine(7n), mine(2n)], [other]: [mine(0n), mine(5n)] })).toEqual([])
  const wrapped = 'So11111111111111111111111111111111111111112' as Address
  const wrap = (amount: bigint) => mine(amount, { of: wrapped, lamports: RENT + amount })
  const paying: Pair = [plain(SOL), plain(SOL - 5_000n - 9n)]
  expect(seen({ [me]: paying, [account]: [wrap(0n), wrap(9n)] })).toEqual([])
  expect(seen({ [me]: still, [account]: [wrap(9n), wrap(4n)], [eve]: [null, plain(5n)] })).toEqual([
    outflow(5n, program, tokenAsset(network, wrapped)),
  ])
})
