import { sign } from 'node:crypto'
import {
  type Address,
  appendTransactionMessageInstructions,
  type Blockhash,
  compileTransactionMessage,
  createNoopSigner,
  createTransactionMessage,
  getAddressEncoder,
  getCompiledTransactionMessageEncoder,
  type Instruction,
  pipe,
  setTransactionMessageConfig,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
  type V1TransactionConfig,
} from '@solana/kit'
import { getTransferSolInstruction } from '@solana-program/system'
import { isFailure } from '@waiaas/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bed, localSolana, newWallet, testBed } from '../../../test/solana-bed.ts'
import { parseSolanaMessage } from '../../keys/signer/solana-message.ts'
import { readSolanaTransaction } from '../../keys/signer/solana-transaction.ts'
import { writeMessage } from './body.ts'
import { decodeMessage, feeOf } from './decode.ts'
import { readMessage } from './message.ts'
import { computeBudgetProgram } from './programs.ts'
import { readForeign, readWire, writeWire } from './wire.ts'

const encoder = getCompiledTransactionMessageEncoder()
const keyOf = (address: string) => getAddressEncoder().encode(address as Address)
const wallet = newWallet()
const [sender, other, blockhash] = [wallet.address, newWallet().address, newWallet().address] as [
  Address,
  Address,
  Address,
]
const limits = { computeUnitLimit: 10_000, loadedAccountsDataSizeLimit: 65_536, priorityFeeLamports: 4_321n }

/** As the official client writes it. */
function versionOne(payer: Address, instructions: readonly Instruction[], config: V1TransactionConfig, at = blockhash) {
  const message = pipe(
    createTransactionMessage({ version: 1 }),
    (next) => setTransactionMessageFeePayer(payer, next),
    (next) =>
      setTransactionMessageLifetimeUsingBlockhash(
        { blockhash: at as string as Blockhash, lastValidBlockHeight: 0n },
        next,
      ),
    (next) => setTransactionMessageConfig(config, next),
    (next) => appendTransactionMessageInstructions(instructions, next),
  )
  return new Uint8Array(encoder.encode(compileTransactionMessage(message)))
}
const pay = (amount: bigint, from = sender) =>
  getTransferSolInstruction({ source: createNoopSigner(from), destination: other, amount })
const budget = (kind: number, ...data: number[]): Instruction => ({
  programAddress: computeBudgetProgram,
  data: Uint8Array.of(kind, ...data),
})
const readOr = (bytes: Uint8Array) => {
  try {
    return readMessage(bytes)
  } catch (error) {
    if (isFailure(error, 'INVALID_TRANSACTION')) return undefined
    throw error
  }
}

test('the fee of version 1 stands in its header, and its instructions change nothing of it', () => {
  const dear = [budget(3, 255, 255, 255, 255, 255, 0, 0, 0), budget(2, 1, 0, 0, 0), budget(99)]
  const bytes = versionOne(sender, [...dear, pay(7n)], limits)
  const { effects } = decodeMessage({ network: localSolana, address: sender }, bytes, {})
  expect(effects).toMatchObject({ effects: [{ kind: 'outflow', amount: '7', to: other }], fee: { max: '9321' } })
  expect(feeOf(readMessage(bytes))).toBe(9_321n)
  const read = readSolanaTransaction(bytes, new Uint8Array(keyOf(sender)))
  expect(read).toMatchObject({ fee: 9_321n, calls: null, moves: [{ amount: 7n }] })
})

const anyConfig = fc.record(
  {
    computeUnitLimit: fc.nat(1_400_000),
    loadedAccountsDataSizeLimit: fc.nat(64 * 1024 * 1024),
    priorityFeeLamports: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    heapSize: fc.integer({ min: 32, max: 256 }).map((kib) => kib * 1_024),
  },
  { requiredKeys: [] },
)
const anyInstruction = fc
  .record({
    program: fc.nat(3),
    accounts: fc.array(fc.record({ at: fc.nat(5), role: fc.constantFrom(0, 1) }), { maxLength: 6 }),
    data: fc.uint8Array({ maxLength: 300 }),
  })
  .map(
    ({ program, accounts, data }): Instruction => ({
      ...{ programAddress: strangers[program]!, data },
      accounts: accounts.map(({ at, role }) => ({ address: strangers[at + 4]!, role })),
    }),
  )
const strangers = Array.from({ length: 10 }, () => newWallet().address as Address)
const anyMessage = fc
  .tuple(anyConfig, fc.array(anyInstruction, { minLength: 1, maxLength: 5 }))
  .map(([config, instructions]) => ({ config, bytes: versionOne(sender, instructions, config), instructions }))

test('what the official client writes is read alike by the daemon and by the signer', () => {
  fc.assert(
    fc.property(anyMessage, ({ config, bytes, instructions }) => {
      const [read, signer] = [readMessage(bytes), parseSolanaMessage(bytes)!]
      expect(read.limits).toEqual({
        units: config.computeUnitLimit ?? 0,
        priorityFee: config.priorityFeeLamports ?? 0n,
        loadedBytes: config.loadedAccountsDataSizeLimit ?? 0,
        heapBytes: config.heapSize ?? 32_768,
      })
      expect(signer.priority).toBe(config.priorityFeeLamports ?? 0n)
      const told = instructions.map(({ programAddress, accounts = [], data = new Uint8Array() }) => [
        programAddress,
        accounts.map(({ address }) => address),
        Buffer.from(data).toString('hex'),
      ])
      const of = read.instructions.map(({ program, accounts, data }) => [
        ...[program, accounts.map(({ address }) => address), Buffer.from(data).toString('hex')],
      ])
      expect(of).toEqual(told)
      expect(signer.instructions).toEqual(
        read.instructions.map(({ program, accounts, data }) => ({
          program: Buffer.from(keyOf(program)).toString('hex'),
          accounts: accounts.map(({ address, signer: isSigner, writable: isWritable }) => ({
            ...{ key: Buffer.from(keyOf(address)).toString('hex'), isSigner, isWritable, isLookedUp: false },
          })),
          data: Buffer.from(data),
        })),
      )
    }),
    { numRuns: 200 },
  )
})

test('bytes that were changed are refused by both readers, or read by both', () => {
  const changes = fc.array(fc.tuple(fc.nat(250), fc.nat(255)), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(anyMessage, changes, fc.integer({ min: -2, max: 2 }), ({ bytes }, changed, longer) => {
      const other = Buffer.concat([bytes, Buffer.alloc(2)]).subarray(0, bytes.length + longer)
      // The version stays, and keys may become anything, so that the fields around them are what changes.
      for (const [at, to] of changed) if (at > 0 && at < other.length) other[at] = to
      expect(parseSolanaMessage(other) === undefined).toBe(readOr(other) === undefined)
    }),
    { numRuns: 1_000 },
  )
})

describe('of version 1 is refused', () => {
  const good = Buffer.from(versionOne(sender, [pay(7n)], limits))
  const mask = 4
  const changed = (at: number, ...to: number[]) => {
    const bytes = Buffer.from(good)
    bytes.set(to, at)
    return bytes
  }
  const heap = (bytes: number) => {
    const asked = Buffer.from(versionOne(sender, [pay(7n)], { heapSize: 65_536 }))
    // Behind the header, the mask, the blockhash, two counts and three keys.
    asked.writeUInt32LE(bytes, 4 + 4 + 32 + 2 + 3 * 32)
    return asked
  }
  test.each([
    ['a limit that is not known', changed(mask, 0b101111), /not known/],
    ['half a priority fee', changed(mask, 0b001101), /half a priority fee/],
    ['no signer', changed(1, 0), /header/],
    ['thirteen signers', changed(1, 13), /more signatures/],
    ['a payer that is read alone', changed(2, 1), /header/],
    ['sixty-five accounts', changed(41, 65), /more signatures/],
    ['sixty-five instructions', changed(40, 65), /more signatures/],
    ['an odd heap', heap(32_769), /heap/],
    ['a small heap', heap(31 * 1_024), /heap/],
    ['a large heap', heap(257 * 1_024), /heap/],
    ['a byte behind', Buffer.concat([good, Buffer.of(0)]), /after its end/],
    ['a byte less', good.subarray(0, -1), /fewer bytes/],
    ['its payer as a program', changed(good.length - 12 - 2 - 4, 0), /payer for a program/],
    ['a size above 4,096 bytes', versionOne(sender, [{ ...pay(7n), data: new Uint8Array(4_000) }], {}), /4096/],
  ])('%s', (_, bytes, why) => {
    expect(() => readMessage(bytes)).toThrow(why)
    expect(parseSolanaMessage(bytes)).toBeUndefined()
  })
})

/** A legacy message of four keys, whose keys and blockhash hold the beginning of another one, behind one signature. */
function ambiguous(): Uint8Array {
  const bytes = Buffer.from(Array.from({ length: 169 }, (_, at) => at))
  bytes.set([1, 0, 0, 4])
  bytes.set([1, 0, 0, 2], 65)
  bytes.set([1, 1, 1, 0, 0], 164)
  return bytes
}

describe('bytes from outside are read as a message or a whole transaction', () => {
  const old = writeMessage(sender, [pay(7n)], blockhash)
  const legacy = new Uint8Array([...old.subarray(1, -1)])
  const messages = { legacy, 0: old, 1: versionOne(sender, [pay(7n)], limits) }
  test.each(Object.entries(messages))('version %s', (version, message) => {
    const signature = new Uint8Array(sign(null, message, wallet.key))
    const wire = writeWire({ message, signatures: [signature] })
    expect(readWire(wire)).toEqual({ message, signatures: [signature] })
    expect(readForeign(wire)).toMatchObject({ message, signatures: [signature], frame: { signers: [sender] } })
    expect(readForeign(message)).toMatchObject({ message, signatures: [new Uint8Array(64)] })
    expect(String(readForeign(message).frame.version)).toBe(version)
    for (const broken of [wire.subarray(0, -1), Buffer.concat([wire, Buffer.of(0)]), Buffer.of(), Buffer.of(1)])
      expect(() => readForeign(broken)).toThrow(/the Solana message has/)
  })

  test('and refused where they are both, of a later version, or too large', () => {
    const both = ambiguous()
    expect(readMessage(both).version).toBe('legacy')
    expect(readMessage(readWire(both).message).version).toBe('legacy')
    expect(() => readForeign(both)).toThrow(/two readings/)
    expect(() => readForeign(Buffer.of(0x82, ...messages[1].subarray(1)))).toThrow(/the Solana message has/)
    expect(() => readForeign(Buffer.from([0x80, ...old.subarray(1), 0]))).toThrow(/after its end/)
    const large = writeMessage(sender, [{ ...pay(7n), data: new Uint8Array(1_100) }], blockhash)
    expect(() => readForeign(large)).toThrow(/of at most 1232/)
  })
})

describe('on a cluster', () => {
  let bed: Bed
  beforeAll(async () => {
    bed = await testBed()
  })
  afterAll(() => bed.close())

  test('a payment of version 1 lands, pays what its header says, and is read from its block', async () => {
    const { address, key } = await bed.funded()
    const from = address as Address
    const { blockhash: recent } = await bed.chain.expiry!.anchor()
    const bytes = versionOne(from, [pay(1_000_000n, from)], limits, recent as Address)
    const signed = bed.chain.addSignature(from, bytes, sign(null, bytes, key))
    expect(await bed.chain.broadcast([signed.bytes])).toMatchObject([{ outcome: 'accepted' }])
    bed.node.advance(2)
    expect(await bed.chain.balance(from)).toBe(2_000_000_000n - 1_000_000n - 9_321n)
    expect(await bed.chain.landed!({ hash: signed.hash, sender: from, alone: true })).toMatchObject([
      { kind: 'outflow', amount: '1000000', to: other },
    ])
    const ask = async (maxSupportedTransactionVersion: number) => {
      const params = [signed.hash, { commitment: 'processed', encoding: 'base64', maxSupportedTransactionVersion }]
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getTransaction', params })
      const headers = { 'content-type': 'application/json' }
      return (await fetch(bed.node.url, { method: 'POST', headers, body })).json()
    }
    expect(await ask(0)).toMatchObject({ error: { code: -32015 } })
    expect(await ask(1)).toMatchObject({ result: { version: 1, meta: { fee: 9_321 } } })
  })

  test('one that was built elsewhere is signed as it stands, at the price that its header offers', async () => {
    const { address, key } = await bed.funded()
    const from = address as Address
    const { blockhash: recent } = await bed.chain.expiry!.anchor()
    const bytes = versionOne(from, [pay(1_000_000n, from)], limits, recent as Address)
    const intent = bed.chain.serialized!.read(from, Buffer.from(bytes).toString('base64'))
    const draft = await bed.chain.draft(from, intent)
    expect(draft).toMatchObject({ maxFee: 9_321n, price: { offered: 432_100n } })
    expect(await bed.chain.precheck(from, [draft], [])).toEqual([null])
    const unsigned = bed.chain.bytes(from, draft, bed.chain.anyLifetime)
    expect(unsigned).toEqual(bytes)
    const signed = bed.chain.addSignature(from, unsigned, sign(null, unsigned, key))
    expect(readForeign(signed.bytes)).toMatchObject({ frame: { version: 1 } })
    await bed.chain.broadcast([signed.bytes])
    bed.node.advance(1)
    expect(await bed.chain.balance(from)).toBe(2_000_000_000n - 1_000_000n - 9_321n)
  })
})
