import { z } from 'zod'
import { Id, UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'
import { OwnerChallenge } from './owners.ts'
import { Address, Chain, EnvironmentName, Name, NetworkName, OwnerState } from './wire.ts'

const tag = 'Owners'

/** What a token begins with that an owner looks with. */
export const VIEW_TOKEN_PREFIX = 'wai_view_'

const OwnedWallets = z
  .array(
    z.object({
      id: Id,
      name: Name,
      chain: Chain,
      environment: EnvironmentName,
      address: Address,
      ownerState: OwnerState,
      isVerified: z.boolean().describe('they have verified as its owner, with what they look with'),
      ownerId: Id.nullable().describe('which of its owners they are'),
      agrees: z.boolean().describe('false while nothing that they sign counts, since something of theirs was cut off'),
      credentials: z
        .array(
          z.object({
            kind: z.enum(['key', 'contract', 'passkey']),
            address: z.string(),
            cutOffAt: UnixSeconds.nullable(),
          }),
        )
        .describe('what signs for them there'),
    }),
  )
  .describe('those that they own now, or will')

/** How an owner looks at what waits: they sign a text that asks for nothing else, and get a token that only looks. */
export const ownerViewOperations = {
  getViewChallenge: operation({
    method: 'GET',
    path: '/v1/owner/view/challenge',
    access: 'public',
    tag,
    summary:
      'Get the text that an owner signs to see what waits for them. It is the same for whoever owns nothing here: it tells nothing.',
    input: z.strictObject({
      address: z
        .string()
        .min(1)
        .max(2_000)
        .describe('as in X-Owner-Address: the address of the owner, or passkey: alone for whichever passkey signs'),
      network: NetworkName.optional().describe(
        'only of an owner that is a contract (ERC-1271): the network that it is on',
      ),
    }),
    output: OwnerChallenge,
    errors: ['INVALID_ADDRESS'],
  }),
  startView: operation({
    method: 'POST',
    path: '/v1/owner/view',
    access: ['owner'],
    tag,
    summary:
      'Get a token that looks at what waits for an owner, for ten minutes, and does nothing else. It is sent as Authorization: Bearer.',
    status: 201,
    input: z.strictObject({}),
    output: z.object({
      token: z.string(),
      expiresAt: UnixSeconds,
      wallets: OwnedWallets,
    }),
    errors: [],
  }),
  getView: operation({
    method: 'GET',
    path: '/v1/owner/view',
    access: ['viewer'],
    tag,
    summary: 'Get the wallets of the owner who looks, as they are now: what is theirs, and what signs for them there.',
    input: z.strictObject({}),
    output: z.object({ wallets: OwnedWallets }),
    errors: [],
  }),
}
