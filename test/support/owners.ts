import { createPrivateKey, sign } from 'node:crypto'
import { getBase58Decoder } from '@solana/kit'
import type { OwnerWord } from '@waiaas/contract'
import type { EvmNode } from '@waiaas/localnet'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

/** Test support: a person with a wallet of their own, which no daemon holds. */
export type TestOwner = {
  readonly address: string
  /** As clients take it. */
  word(message: string): Promise<OwnerWord>
  /** The three headers, with a signature of the text. */
  signs(message: string): Promise<Record<string, string>>
}

/** With another signature than the person's own. */
export const ownerHeaders = (address: string, message: string, signature: string): Record<string, string> => ({
  'x-owner-address': address,
  'x-owner-message': Buffer.from(message, 'utf8').toString('base64'),
  'x-owner-signature': signature,
})

const person = (address: string, sign: (message: string) => Promise<string>): TestOwner => ({
  address,
  word: async (message) => ({ address, message, signature: await sign(message) }),
  signs: async (message) => ownerHeaders(address, message, await sign(message)),
})

/** Signs as EIP-191 has it. */
export function evmOwner(): TestOwner {
  const account = privateKeyToAccount(generatePrivateKey())
  return person(account.address, (message) => account.signMessage({ message }))
}

// PrivateKeyInfo of an Ed25519 key, up to the key itself: RFC 8410.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Signs the bare bytes with Ed25519. */
export function solanaOwner(seed: Buffer): TestOwner {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const raw = Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url')
  const address = getBase58Decoder().decode(raw)
  return person(address, async (message) => sign(null, Buffer.from(message, 'utf8'), key).toString('base64'))
}

const YES = `7f1626ba7e${'00'.repeat(28)}5f52`
/** What a contract makes of every signature, as code: it returns a word, or more, or reverts. */
const MINDS = {
  unwilling: '0x60205ff3',
  willing: `0x${YES}60205ff3`,
  lavish: `0x${YES}60405ff3`,
  reverting: '0x5f5ffd',
} as const

/** A contract as the owner of a wallet (ERC-1271), unwilling at first; whoever signs for it makes up the signature. */
export async function mindfulContract(node: EvmNode) {
  const address = privateKeyToAccount(generatePrivateKey()).address
  const becomes = async (mind: keyof typeof MINDS) => void (await node.rpc('anvil_setCode', [address, MINDS[mind]]))
  await becomes('unwilling')
  return { ...person(address, async () => '0x00ff'), becomes }
}
