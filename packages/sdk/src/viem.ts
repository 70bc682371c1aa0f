import { WAIaaSError } from '@waiaas/contract'
import { BaseError, type Hex, hexToBytes, type LocalAccount, serializeTransaction, stringify } from 'viem'
import { toAccount } from 'viem/accounts'
import type { WAIaaSClient } from './client.ts'
import { type SigningOptions, whenDecided } from './when-decided.ts'

export type { SigningOptions } from './when-decided.ts'

type Api = Pick<WAIaaSClient, 'getAddress' | 'signMessage' | 'signTransaction' | 'waitFor'>
type Message = NonNullable<Parameters<WAIaaSClient['signMessage']>[0]>
const EVM = 'ethereum'

/**
 * An account of viem whose key is with the daemon: each transaction, text and piece of typed data is judged by the policies
 * of its wallet before it is signed, and waits for a delay or a person where they say so. Sign with it as with any other:
 * `createWalletClient({ account, chain, transport })`. A transaction is viem's to send, with the next nonce of the wallet.
 * Transactions and typed data name their chain; `network` is that of texts and of what names none.
 * Fails with viem's errors, in which `failureOf` finds the daemon's, and `remedyOf` what would pass. See https://viem.sh/docs/accounts/local/toAccount.
 */
export async function viemAccount(
  client: Api,
  options: SigningOptions & { readonly network: string },
): Promise<LocalAccount> {
  const { walletId, address, chain } = await client.getAddress(
    options.walletId === undefined ? {} : { walletId: options.walletId },
  )
  if (chain !== EVM) throw new TypeError(`expected a wallet on EVM networks, got one of ${chain}`)
  const signed = async (message: Partial<Message>): Promise<Hex> => {
    const input = { network: options.network, ...message, walletId } as Message
    const ask = (idempotencyKey: string) => client.signMessage(input, { idempotencyKey })
    return (await asViem(whenDecided(client, ask, options))).signature as Hex
  }
  return toAccount({
    address: address as Hex,
    signMessage: ({ message }) =>
      signed({ signType: 'personal', message: typeof message === 'string' ? message : textOf(message.raw) }),
    // Large numbers as text, as JSON-RPC has them.
    signTypedData: (data) =>
      signed({
        ...networkOf((data.domain as { chainId?: unknown } | undefined)?.chainId),
        ...{ signType: 'typedData', typedData: JSON.parse(stringify(withoutDomain(data))) },
      }),
    async signTransaction(unsigned, { serializer = serializeTransaction } = {}) {
      const transaction = (await serializer(unsigned)) as Hex
      const input = { transaction, walletId, network: options.network, ...networkOf(unsigned.chainId) }
      const ask = (idempotencyKey: string) => client.signTransaction(input, { idempotencyKey })
      return (await asViem(whenDecided(client, ask, options))).signedTransaction as Hex
    },
  })
}

/** viem reads text in the details of any failure. */
const asViem = <Answer>(answer: Promise<Answer>): Promise<Answer> =>
  answer.catch((cause: unknown) => {
    throw cause instanceof WAIaaSError ? new BaseError(cause.message, { cause }) : cause
  })
const networkOf = (chainId: unknown) => (chainId === undefined ? {} : { network: `eip155:${chainId}` })

/** Bytes that are no text are signed for nobody: nobody could read what they are for. */
function textOf(raw: Hex | Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      typeof raw === 'string' ? hexToBytes(raw) : raw,
    )
  } catch {
    throw new TypeError('expected a text in UTF-8: other bytes are not signed, since nobody can read them')
  }
}

/** viem's form of EIP-712 may list the type of the domain, which follows from the domain. */
function withoutDomain(data: { types?: unknown; domain?: unknown; primaryType?: unknown; message?: unknown }) {
  const { EIP712Domain: _, ...types } = (data.types ?? {}) as Record<string, unknown>
  return { domain: data.domain ?? {}, types, primaryType: data.primaryType, message: data.message }
}
