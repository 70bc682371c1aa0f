import { createHash } from 'node:crypto'
import {
  address,
  appendTransactionMessageInstructions,
  type Blockhash,
  createKeyPairSignerFromPrivateKeyBytes,
  createTransactionMessage,
  getBase64EncodedWireTransaction,
  type Instruction,
  type KeyPairSigner,
  lamports,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit'
import { getAddMemoInstruction } from '@solana-program/memo'
import { getTransferSolInstruction } from '@solana-program/system'
import type { Chain } from './chain.ts'
import { addressParam, integerParam } from './params.ts'
import type { Methods } from './reading.ts'

/** The memo program that the local VM carries; the client's own default is a newer one. */
export const memoProgram = address('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr')
const faucetLamports = 500_000_000_000_000_000n
let sequence = 0

/** A key known to everybody, the same in each run. For local tests only. */
export const publicSigner = (label: string): Promise<KeyPairSigner> =>
  createKeyPairSignerFromPrivateKeyBytes(createHash('sha256').update(`waiaas localnet: ${label}`).digest())

/** Signs instructions into a base64 transaction. A memo keeps two otherwise equal ones apart. */
export async function signed(payer: KeyPairSigner, instructions: readonly Instruction[], lifetime: Lifetime) {
  const memo = getAddMemoInstruction({ memo: `localnet ${process.pid} ${++sequence}` }, { programAddress: memoProgram })
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (draft) => setTransactionMessageFeePayerSigner(payer, draft),
    (draft) => setTransactionMessageLifetimeUsingBlockhash(lifetime, draft),
    (draft) => appendTransactionMessageInstructions([...instructions, memo], draft),
  )
  return getBase64EncodedWireTransaction(await signTransactionMessageWithSigners(message))
}
type Lifetime = { blockhash: Blockhash; lastValidBlockHeight: bigint }

/** requestAirdrop, as a transfer from a rich account that lands like any other transaction. */
export async function faucetMethods(chain: Chain, send: (params: readonly unknown[]) => unknown) {
  const payer = await publicSigner('faucet')
  const program = address('11111111111111111111111111111111')
  const funded = { lamports: lamports(faucetLamports), data: new Uint8Array(), executable: false, space: 0n }
  chain.svm.setAccount({ address: payer.address, programAddress: program, ...funded })
  const methods: Methods = {
    requestAirdrop: async (params) => {
      const destination = address(addressParam(params, 0))
      const transfer = getTransferSolInstruction({ source: payer, destination, amount: integerParam(params, 1) })
      const blockhash = chain.blocks.get(chain.head('processed'))?.blockhash as Blockhash
      // Only the blockhash travels in a transaction.
      const wire = await signed(payer, [transfer], { blockhash, lastValidBlockHeight: 0n })
      return send([wire, { encoding: 'base64', preflightCommitment: 'processed' }])
    },
  }
  return { methods, address: payer.address as string }
}
