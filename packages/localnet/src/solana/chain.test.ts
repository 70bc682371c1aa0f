import {
  address,
  appendTransactionMessageInstruction,
  type Blockhash,
  compressTransactionMessageUsingAddressLookupTables,
  createTransactionMessage,
  generateKeyPairSigner,
  getAddressEncoder,
  getBase64EncodedWireTransaction,
  lamports,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit'
import { getTransferSolInstruction } from '@solana-program/system'
import { expect, test } from 'vitest'
import { createChain } from './chain.ts'
import { encodeTransaction } from './transaction-encoding.ts'
import { decodeTransaction, roleOf } from './transactions.ts'

const lookupTableProgram = address('AddressLookupTab1e1111111111111111111111111')
const systemProgram = address('11111111111111111111111111111111')

/** A chain, and two million lamports that are paid by way of a lookup table. */
async function payment() {
  const chain = createChain({ confirmSlots: 1, finalSlots: 31, blockhashSlots: 150, clock: () => 0n })
  const [payer, receiver, table] = await Promise.all([1, 2, 3].map(() => generateKeyPairSigner()))
  if (!payer || !receiver || !table) throw new Error('expected three signers')
  const plain = { executable: false, lamports: lamports(5_000_000_000n) }
  chain.svm.setAccount({
    ...plain,
    address: payer.address,
    programAddress: systemProgram,
    data: new Uint8Array(),
    space: 0n,
  })
  const data = lookupTable(receiver.address)
  chain.svm.setAccount({ ...plain, address: table.address, programAddress: lookupTableProgram, data, space: 88n })
  chain.advance(2)
  const blockhash = chain.blocks.get(chain.head('processed'))?.blockhash as Blockhash
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (draft) => setTransactionMessageFeePayerSigner(payer, draft),
    (draft) => setTransactionMessageLifetimeUsingBlockhash({ blockhash, lastValidBlockHeight: 200n }, draft),
    (draft) =>
      appendTransactionMessageInstruction(
        getTransferSolInstruction({ source: payer, destination: receiver.address, amount: 2_000_000n }),
        draft,
      ),
    (draft) => compressTransactionMessageUsingAddressLookupTables(draft, { [table.address]: [receiver.address] }),
  )
  const wire = getBase64EncodedWireTransaction(await signTransactionMessageWithSigners(message))
  const decoded = decodeTransaction(wire, 'base64', chain.account)
  return { chain, payer, receiver, table, decoded }
}

test('accounts that a lookup table adds are executed, listed and credited', async () => {
  const { chain, receiver, table, decoded } = await payment()
  expect(decoded.message.staticAccounts).not.toContain(receiver.address)
  expect(decoded.loadedAddresses).toEqual({ writable: [receiver.address], readonly: [] })
  expect(roleOf(decoded, decoded.keys.indexOf(receiver.address))).toEqual({ signer: false, writable: true })
  const landed = chain.land(decoded, { trustSignatures: false })
  expect(landed?.err).toBeNull()
  expect(landed?.postBalances[decoded.keys.indexOf(receiver.address)]).toBe(2_000_000n)
  expect(encodeTransaction(decoded, 'json')).toMatchObject({
    message: { addressTableLookups: [{ accountKey: table.address, writableIndexes: [0], readonlyIndexes: [] }] },
  })
})

// An active table without authority: https://docs.rs/solana-address-lookup-table-interface
function lookupTable(entry: ReturnType<typeof address>): Uint8Array {
  const header = Buffer.alloc(56)
  header.writeUInt32LE(1, 0)
  header.writeBigUInt64LE(2n ** 64n - 1n, 4)
  return new Uint8Array(Buffer.concat([header, Buffer.from(getAddressEncoder().encode(entry))]))
}

test('what a lost fork held has not happened, may land again, and leaves its blockhashes to nobody', async () => {
  const { chain, payer, receiver, decoded } = await payment()
  const signed = chain.head('processed')
  chain.advance(1)
  const before = chain.account(payer.address)!.lamports
  const first = chain.land(decoded, { trustSignatures: false })
  expect(chain.land(decoded, { trustSignatures: false })).toBeNull()
  const lost = chain.blocks.get(chain.head('processed'))!.blockhash
  chain.fork(1)
  expect(chain.account(receiver.address)).toBeNull()
  expect(chain.account(payer.address)!.lamports).toBe(before)
  expect([chain.landed.get(decoded.signature), chain.history(receiver.address)]).toEqual([undefined, []])
  expect(chain.isBlockhashValid(lost, 'processed')).toBe(false)
  chain.advance(3)
  const again = chain.land(decoded, { trustSignatures: false })
  expect(again).toMatchObject({ err: null, slot: first!.slot + 3n })
  expect(chain.account(receiver.address)!.lamports).toBe(2_000_000n)
  // Where the block of its blockhash is lost too, it never lands.
  chain.fork(Number(chain.head('processed') - signed) + 1)
  expect(chain.land(decoded, { trustSignatures: false })).toBeNull()
  expect(chain.account(receiver.address)).toBeNull()
})
