import { createHmac, timingSafeEqual } from 'node:crypto'
import {
  CHAINS,
  Failure,
  familiesOf,
  invalidField,
  type Network,
  type Output,
  type ownerViewOperations,
  PASSKEY_PREFIX,
  type Parsed,
  VIEW_TOKEN_PREFIX,
} from '@waiaas/contract'
import { z } from 'zod'
import { families } from '../chains/families.ts'
import type { OwnerSignature, Principal } from '../platform/caller.ts'
import { type Clock, seconds } from '../platform/clock.ts'
import type { Database, Handle } from '../platform/db/database.ts'
import { sha256 } from '../platform/sha256.ts'
import { findWallet } from '../wallets/service.ts'
import { type Asked, addressIn, asksFor, type Giver, giveChallenge } from './challenges.ts'
import { isPasskey } from './passkey-signed.ts'
import { mayAgree, ownershipOf } from './rules.ts'
import { numberOf } from './signed.ts'
import { ownerStore } from './store.ts'

type Operations = typeof ownerViewOperations
type Parts = {
  database: Database
  clock: Clock
  networks(): readonly Network[]
  findNetwork(id: string): Network | undefined
  giver(): Promise<Giver>
}

/** So long a token looks. */
const VIEW_MS = 10 * 60_000
const WORDS = 'for ten minutes, without agreeing to anything'
const SUBJECT = { id: 'view', digest: sha256(WORDS), words: WORDS }
const FORM = /^wai_view_([A-Za-z0-9_-]{1,4000})\.([A-Za-z0-9_-]{43})$/
/** Whose eyes they are, as X-Owner-Address names them, and until when. */
const Claims = z.strictObject({ who: z.string(), network: z.string().nullable(), until: z.int() })
type Claims = z.infer<typeof Claims>

/**
 * Owners who look: a signature of a text that asks for nothing else gives a token that looks, for as long as its owner is one.
 * Nothing of it is stored.
 */
export function seeing({ database, clock, networks, findNetwork, giver }: Parts) {
  /** Failure INVALID_ADDRESS. Reads nothing of who owns what. */
  function askedOf({ address, network }: Parsed<Operations['getViewChallenge']>): Asked {
    const asks = { walletId: undefined, action: 'see', subject: SUBJECT } as const
    // Which one is known once it has signed.
    if (address === PASSKEY_PREFIX) return { ...asks, form: { account: 'passkey' }, address, chainId: undefined }
    const family = familiesOf(address).find((name) => families[name]?.owner)
    const form = family && families[family]?.owner
    if (!form)
      throw new Failure(
        'INVALID_ADDRESS',
        `expected an address of ${CHAINS.filter((name) => families[name]?.owner).join(' or ')}`,
      )
    const named = network === undefined ? undefined : findNetwork(network)
    if (network !== undefined && named?.chain !== family)
      throw invalidField('network', `expected a network of ${family}, got "${network}"`)
    // A key is the same on each network: any will do.
    const on = named ?? networks().find(({ chain }) => chain === family)
    return { ...asks, form, address: form.address(address), chainId: form.namesChain ? numberOf(on) : undefined }
  }

  return {
    async viewChallenge(
      input: Parsed<Operations['getViewChallenge']>,
      origin: string,
    ): Promise<Output<Operations['getViewChallenge']>> {
      const given = giveChallenge(await giver(), askedOf(input), { origin, now: clock.latest() })
      return { ...given, expiresAt: seconds(given.expiresAt) }
    },

    /** For whoever signed that text. Failure INVALID_NONCE. */
    async startView({ address: who, network, message }: OwnerSignature): Promise<Output<Operations['startView']>> {
      if (!asksFor(message, 'see') || addressIn(message) !== (isPasskey(who) ? PASSKEY_PREFIX : who))
        throw new Failure('INVALID_NONCE', 'expected the message of GET /v1/owner/view/challenge for this owner')
      const until = clock.latest() + VIEW_MS
      const claims = Buffer.from(JSON.stringify({ who, network, until } satisfies Claims)).toString('base64url')
      const mac = macOf(await giver(), claims).toString('base64url')
      const wallets = await database.read(async (db) => walletsOf(db, await owned(db, who, network)))
      return { token: `${VIEW_TOKEN_PREFIX}${claims}.${mac}`, expiresAt: seconds(until), wallets }
    },

    /** What whoever looks owns now. */
    view: (viewer: Owned): Promise<Output<Operations['getView']>> =>
      database.read(async (db) => ({ wallets: await walletsOf(db, viewer) })),

    /** Whose token it is, and what they own now. Failures INVALID_TOKEN, TOKEN_EXPIRED. */
    async viewer(token: string): Promise<Principal<'viewer'>> {
      const [, claims, mac] = FORM.exec(token) ?? []
      if (claims === undefined || mac === undefined) throw refused()
      if (!timingSafeEqual(macOf(await giver(), claims), Buffer.from(mac, 'base64url'))) throw refused()
      // Made by this file alone.
      const { who, network, until } = Claims.parse(JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')))
      const now = clock.latest()
      // A clock that went back would make it good for longer.
      if (now >= until || now < until - VIEW_MS)
        throw new Failure('TOKEN_EXPIRED', 'an owner looks for ten minutes: sign the text that asks for it once more')
      const { address, sees, named } = await database.read((db) => owned(db, who, network))
      if (named.length === 0) throw new Failure('INVALID_TOKEN', `${who} owns no wallet here any more`)
      return { kind: 'viewer', address, sees, named }
    },
  }
}

type Owned = Pick<Principal<'viewer'>, 'address' | 'sees' | 'named'>

async function owned(db: Handle, who: string, network: string | null): Promise<Owned> {
  const rows = (await ownerStore.byAddress(db, who)).filter((row) => row.network === network && row.cut_off_at === null)
  const idsOf = (some: typeof rows) => some.map(({ wallet_id }) => wallet_id)
  return {
    address: who,
    sees: idsOf(rows.filter(({ replaces, proven }) => replaces === null && proven === 1)),
    named: idsOf(rows),
  }
}

/** Nothing else that the same key marks begins so: those begin with a time. */
const macOf = ({ mark }: Giver, claims: string): Buffer =>
  createHmac('sha256', Buffer.from(mark, 'hex')).update(`view ${claims}`).digest()

type Told = Output<Operations['startView']>['wallets']
async function walletsOf(db: Handle, { address: who, named }: Owned): Promise<Told> {
  const rows = await ownerStore.ofWallets(db, named)
  const all: Told = []
  for (const id of named) {
    const wallet = await findWallet(db, id)
    if (!wallet || wallet.status === 'TERMINATED') continue
    const { name, chain, environment, address } = wallet
    const { state: ownerState, owners, next } = ownershipOf(rows.filter(({ wallet_id }) => wallet_id === id))
    const me = [...owners, next].find((one) => one?.credentials.some((credential) => credential.address === who))
    const mine = me?.credentials.find(({ address: of }) => of === who)
    // A wallet that was added signs for nothing until it has verified itself.
    const isVerified = me !== undefined && me.verifiedAt !== null && mine?.isProven === true
    const credentials = (me?.credentials ?? []).map(({ kind, address: what, cutOffAt }) => ({
      ...{ kind, address: what },
      cutOffAt: cutOffAt === null ? null : seconds(cutOffAt),
    }))
    const agrees = me !== undefined && mayAgree(me)
    const is = { ownerState, isVerified, ownerId: me?.id ?? null, agrees, credentials }
    all.push({ id, name, chain, environment, address, ...is })
  }
  return all
}

const refused = () => new Failure('INVALID_TOKEN', 'the token to look with is not one of this daemon')
