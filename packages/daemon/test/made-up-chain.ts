import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { type Address, getAddressDecoder, getAddressEncoder, isAddress } from '@solana/kit'
import {
  add,
  type Base,
  type Effect,
  Failure,
  parseBase,
  remaining,
  shareDown,
  toBase,
  ZERO_BASE,
} from '@waiaas/contract'
import type { Anchor, Decoded, Draft, Lifetime } from '../src/chains/build.ts'
import type { Chain } from '../src/chains/chain.ts'
import { type Attempt, doubted, type Precheck, type Sighting, totalOf } from '../src/chains/follow.ts'
import type { Intent } from '../src/chains/intent.ts'
import type { Keys } from '../src/keys/service.ts'
import { sha256 } from '../src/platform/sha256.ts'
import { type Body, FINAL_AFTER, feeOf, hashOf, LIVES, type MadeUpNode, type Tx } from './made-up-node.ts'

const SIGNATURE = 64
/** Nothing holds made-up payments back. */
const NO_CEILING = { text: JSON.stringify({ ceiling: { chains: {} } }), seal: '' }
const rawKey = (publicKey: KeyObject) => publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
const parse = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as Omit<Tx, 'hash'>

/** A new key, and the address that it has in the made-up family. */
export function madeUpKey(): { address: string; key: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { address: getAddressDecoder().decode(rawKey(publicKey)), key: privateKey }
}

function publicKeyOf(address: string): KeyObject {
  const x = Buffer.from(getAddressEncoder().encode(address as Address)).toString('base64url')
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
}

/** The family's code over its node. `impostor`: the node serves another network. */
export function madeUpChain(node: MadeUpNode, impostor = false): Chain {
  const { network, native, token, traits, faults } = node
  const anyLifetime: Lifetime = {
    ...(traits.expiry && { lastValid: 0 }),
    ...(traits.order ? { nonce: 0 } : { variation: 0 }),
  }
  async function connect(): Promise<void> {
    if (impostor) throw new Failure('CHAIN_ERROR', `the endpoint serves another network than ${network.id}`)
    if (faults.away) throw new Failure('CHAIN_ERROR', `no endpoint of ${network.id} answers`)
  }
  async function asked<T>(read: () => T): Promise<T> {
    await connect()
    return read()
  }
  return {
    network,
    anyLifetime,
    signKind: 'solana-tx',
    ...(traits.order && { order: { nextNonce: (sender: string) => asked(() => node.nonce(sender)) } }),
    ...(traits.expiry && {
      expiry: { anchor: (): Promise<Anchor> => asked(() => ({ lastValid: node.height() + LIVES })) },
    }),
    address(text) {
      if (isAddress(text)) return text
      throw new Failure('INVALID_ADDRESS', `expected an address of ${network.id}, got ${text}`)
    },
    connect,
    blockTime: () => asked(() => faults.standsSince ?? Date.now()),
    balance: (address) => asked(() => (faults.unfunded.has(address) ? ZERO_BASE : node.balance(address))),
    tokenBalances: (address, tokens) =>
      asked(() => tokens.map((one) => ({ token: one, amount: node.balance(address, one.asset) }))),
    allowances: (_owner, which) => asked(() => which.map(() => undefined)),
    token: (address) =>
      asked(() => {
        if (address === token.address) return token
        throw new Failure('TOKEN_NOT_FOUND', `there is no token at ${address}`)
      }),
    status: () => [],
    close: () => undefined,
    draft: (sender, intent, beside) => asked(() => draftOf(node, sender, intent, beside?.replaces)),
    unitPrice: () => asked(() => ({ asked: faults.price, tip: 0n })),
    hints: () => ({}),
    bytes(sender, draft, lifetime) {
      if (traits.expiry && lifetime.lastValid === undefined) throw new Error('expected bytes that end')
      const { nonce, lastValid, variation } = lifetime
      const place = traits.order ? { nonce, lastValid } : { variation, lastValid }
      return Buffer.from(JSON.stringify({ sender, body: JSON.parse(draft.body), lifetime: place }))
    },
    decode: (sender, bytes) => decode(node, sender, bytes),
    addSignature(sender, unsigned, signature) {
      if (signature.length !== SIGNATURE || !verify(null, unsigned, publicKeyOf(sender), signature))
        throw new Error('expected a signature of the sender')
      const bytes = Buffer.concat([signature, unsigned])
      return { hash: hashOf(bytes), bytes }
    },
    precheck: (sender, drafts, promised) =>
      asked(() => {
        const known = faults.unfunded.has(sender) ? ZERO_BASE : remaining(node.balance(sender), totalOf(promised))
        const left = new Map([[native, known]])
        const found = drafts.map((draft) => precheck(node, sender, draft, left))
        return faults.unfunded.has(sender) ? found.map((fault) => doubted(fault, 'the node is behind')) : found
      }),
    async broadcast(signed) {
      await faults.sending
      if (faults.away) return signed.map(() => ({ outcome: 'unsent' }))
      return signed.map((bytes) => node.take({ ...parse(bytes.subarray(SIGNATURE)), hash: hashOf(bytes) }))
    },
    async observe(attempts) {
      const seen = await asked(() => attempts.map((attempt) => sighting(node, attempt)))
      await faults.looking
      return seen
    },
  }
}

function draftOf({ native, faults }: MadeUpNode, sender: string, intent: Intent, replaces?: Draft): Draft {
  const price = toBase(faults.price)
  const outbid = replaces ? shareDown(replaces.maxFee, { part: 5n, whole: 4n }) : price
  const isEnough = outbid >= price
  const maxFee = isEnough ? outbid : price
  if (intent.kind !== 'lane' && intent.kind !== 'transfer' && intent.kind !== 'token-transfer')
    throw new Failure('UNSUPPORTED_TX_TYPE', 'it has no contracts')
  const does =
    intent.kind === 'lane'
      ? { to: sender, asset: native, amount: '0' }
      : {
          to: intent.to,
          asset: intent.kind === 'token-transfer' ? intent.token.asset : native,
          amount: String(intent.amount),
          ...(intent.memo !== undefined && { memo: intent.memo }),
        }
  const body: Body = { ...does, maxFee: String(maxFee) }
  return { body: JSON.stringify(body), maxFee, price: { offered: maxFee, asked: faults.price } }
}

function decode({ network, native }: MadeUpNode, sender: string, bytes: Uint8Array): Decoded {
  const { maxFee, ...does } = parse(bytes).body
  const effects: Effect[] = []
  if (does.amount !== '0' || does.to !== sender)
    effects.push({ kind: 'outflow', asset: does.asset, amount: does.amount, to: does.to })
  if (does.memo !== undefined) effects.push({ kind: 'memo', text: does.memo })
  return {
    effects: { network: network.id, sender, effects, fee: { asset: native, max: maxFee } },
    digest: sha256(JSON.stringify({ sender, ...does })),
  }
}

/** `left` is what earlier drafts leave of each asset. */
function precheck(node: MadeUpNode, sender: string, draft: Draft, left: Map<string, Base>): Precheck | null {
  const { to, asset, amount } = JSON.parse(draft.body) as Body
  const { foreignCode } = node.faults
  if (foreignCode !== undefined) return { code: 'INVALID_TRANSACTION', message: foreignCode }
  const unclear = node.faults.unclear.get(to)
  if (unclear !== undefined) return { code: 'CHAIN_ERROR', message: unclear }
  const has = (one: string) => left.get(one) ?? node.balance(sender, one)
  const needs = new Map([[node.native, draft.maxFee]])
  needs.set(asset, add(needs.get(asset) ?? ZERO_BASE, parseBase(amount)))
  for (const [one, need] of needs)
    if (has(one) < need)
      return { code: 'INSUFFICIENT_BALANCE', message: `${need} of ${one} are needed, ${has(one)} are left` }
  for (const [one, need] of needs) left.set(one, remaining(has(one), need))
  return null
}

function sighting(node: MadeUpNode, { id, hash, sender, lifetime }: Attempt): Sighting {
  const reason = node.faults.doubts.get(hash)
  if (reason !== undefined) return { id, state: 'pending', reason }
  const landed = node.landing(hash)
  if (landed) {
    const { block, succeeded, tx } = landed
    const error = succeeded ? {} : { error: 'the recipient refused it' }
    const final = node.height() - block.height >= FINAL_AFTER
    return {
      id,
      state: 'included',
      height: block.height,
      depth: node.height() - block.height + 1,
      blockHash: block.hash,
      succeeded,
      ...error,
      fee: feeOf(tx.body),
      final,
    }
  }
  const rival = node.traits.order ? node.holder(sender, lifetime.nonce!) : undefined
  if (rival && node.height() - rival.block.height >= FINAL_AFTER)
    return { id, state: 'void', cause: 'overtaken', proof: `nonce ${lifetime.nonce} is taken`, by: rival.tx.hash }
  if (node.traits.expiry && node.height() >= lifetime.lastValid! + FINAL_AFTER)
    return { id, state: 'void', cause: 'expired', proof: `block ${lifetime.lastValid} has passed` }
  return { id, state: node.pool.has(hash) ? 'pending' : 'missing' }
}

/** A signer of the family within this process: the real one signs only what it can read. It outlives a pipeline. */
export function madeUpKeys(
  node: MadeUpNode,
): Pick<
  Keys,
  | 'createKeyring'
  | 'unlock'
  | 'create'
  | 'import'
  | 'firstCeiling'
  | 'changeCeiling'
  | 'lift'
  | 'hear'
  | 'sign'
  | 'stop'
> {
  const row = (walletId: string, { address, key }: ReturnType<typeof madeUpKey>) => ({
    ...{ walletId, chain: node.network.chain, address, curve: 'ed25519' as const },
    ciphertext: key.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
  })
  return {
    createKeyring: async () => ({
      kdf: { algorithm: 'argon2id', salt: '', memoryKib: 0, iterations: 0, parallelism: 0 },
      wrappedRoot: '',
      version: 1,
    }),
    unlock: async () => undefined,
    create: async (walletId) => row(walletId, madeUpKey()),
    import: async () => {
      throw new Error('keys of the made-up family are never imported')
    },
    firstCeiling: async () => NO_CEILING,
    changeCeiling: async () => NO_CEILING,
    lift: async () => ({ text: '', seal: '', until: 0 }),
    hear: async () => ({ text: '', seal: '', until: 0 }),
    sign: async ({ key, requests }) => ({
      counted: undefined,
      results: requests.map(({ payload }) => {
        const refused = node.faults.signer(parse(payload))
        if (refused !== undefined) return { refused, code: 'SIGN_REFUSED' }
        const held = createPrivateKey({ key: Buffer.from(key.ciphertext, 'base64'), format: 'der', type: 'pkcs8' })
        return { signature: sign(null, payload, held) }
      }),
    }),
    stop: async () => undefined,
  }
}
