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

test('accounts that a lookup table adds are executed, listed and credited', async () => {
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
