import type { OwnerWord } from '@waiaas/contract'
import { type EvmNode, evmPerson, solanaPerson } from '@waiaas/localnet'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

/** Test support: a person with a wallet of their own, which no daemon holds. */
export type TestOwner = {
  readonly address: string
  /** Of a contract: the network that it is on. */
  readonly network?: string
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
  const { address, signMessage } = evmPerson()
  return person(address, async (message) => `0x${Buffer.from(await signMessage(utf8(message))).toString('hex')}`)
}

/** Signs the bare bytes with Ed25519. */
export function solanaOwner(seed: Buffer): TestOwner {
  const { address, signMessage } = solanaPerson(seed)
  return person(address, async (message) => Buffer.from(await signMessage(utf8(message))).toString('base64'))
}
const utf8 = (message: string) => Buffer.from(message, 'utf8')

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
