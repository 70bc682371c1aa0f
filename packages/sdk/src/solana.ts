import {
  type Address,
  getBase64EncodedWireTransaction,
  getTransactionDecoder,
  type SignatureBytes,
  type SignatureDictionary,
  type TransactionPartialSigner,
} from '@solana/kit'
import type { WAIaaSClient } from './client.ts'
import { type SigningOptions, whenDecided } from './when-decided.ts'

export type { SigningOptions } from './when-decided.ts'

type Api = Pick<WAIaaSClient, 'getAddress' | 'signTransaction' | 'waitFor'>
const SOLANA = 'solana'

/**
 * A signer of Solana's kit whose key is with the daemon: each transaction is judged by the policies of its wallet before it
 * is signed, and waits for a delay or a person where they say so. `network` is the one that the transactions are for. Use it
 * as a fee payer or as an authority of instructions. Fails with `WAIaaSError`, of what is refused with what would pass.
 * See https://www.solanakit.com/docs/concepts/signers.
 */
export async function solanaSigner(
  client: Api,
  { network, ...options }: SigningOptions & { readonly network: string },
): Promise<TransactionPartialSigner> {
  const found = await client.getAddress(options.walletId === undefined ? {} : { walletId: options.walletId })
  const { walletId, chain } = found
  if (chain !== SOLANA) throw new TypeError(`expected a wallet on Solana, got one of ${chain}`)
  const address = found.address as Address

  async function signed(wire: string): Promise<SignatureBytes> {
    const ask = (idempotencyKey: string) =>
      client.signTransaction({ transaction: wire, walletId, network }, { idempotencyKey })
    const { signedTransaction } = await whenDecided(client, ask, options)
    const signature = getTransactionDecoder().decode(
      Uint8Array.from(atob(signedTransaction), (byte) => byte.charCodeAt(0)),
    ).signatures[address]
    if (!signature) throw new TypeError(`the daemon gave a transaction without a signature of ${address}`)
    return signature
  }

  return {
    address,
    async signTransactions(transactions) {
      const all: SignatureDictionary[] = []
      // One after the other: what each takes is judged with those before it.
      for (const transaction of transactions)
        all.push(Object.freeze({ [address]: await signed(getBase64EncodedWireTransaction(transaction)) }))
      return all
    },
  }
}
