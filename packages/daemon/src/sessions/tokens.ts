import { hkdfSync, randomBytes } from 'node:crypto'
import { Failure } from '@waiaas/contract'
import { errors, jwtVerify, SignJWT } from 'jose'
import { sha256 } from '../platform/sha256.ts'

const TOKEN_PREFIX = 'wai_sess_'

export type Tokens = ReturnType<typeof sessionTokens>
/** Unix milliseconds; an end of 0 is never. */
type Life = { readonly now: number; readonly expiresAt: number }
export type Issued = { readonly token: string; readonly hash: string }

/** What the database keeps of a token. */
export const tokenHash = (token: string): string => sha256(token)

const HMAC = { name: 'HMAC', hash: 'SHA-256' }

/** The secret of a generation. The first is the sessions' subkey itself. */
const ofGeneration = (secret: Uint8Array, generation: number): Uint8Array =>
  generation === 0
    ? secret
    : new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), `waiaas/sessions/${generation}`, 32))

/**
 * Session tokens: a prefix and an HS256 JWT (RFC 7519). `secret` gives the same 32 bytes after each start, and
 * `generation` the same number until a restore.
 */
export function sessionTokens(secret: () => Promise<Uint8Array>, generation: () => Promise<number>) {
  async function importKey(): Promise<CryptoKey> {
    const bytes = ofGeneration(await secret(), await generation())
    return crypto.subtle.importKey('raw', Uint8Array.from(bytes), HMAC, false, ['sign', 'verify'])
  }
  let imported: Promise<CryptoKey> | undefined
  async function key(): Promise<CryptoKey> {
    imported ??= importKey()
    try {
      return await imported
    } catch (error) {
      // A signer that was locked may be open the next time.
      imported = undefined
      throw error
    }
  }

  async function sign(sessionId: string, { now, expiresAt }: Life, id: Uint8Array): Promise<Issued> {
    const jwt = new SignJWT({ sessionId })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(sessionId)
      .setJti(Buffer.from(id).toString('base64url'))
      .setIssuedAt(Math.floor(now / 1000))
    if (expiresAt !== 0) jwt.setExpirationTime(Math.floor(expiresAt / 1000))
    const token = TOKEN_PREFIX + (await jwt.sign(await key()))
    return { token, hash: tokenHash(token) }
  }

  /** The token for what a text with a colon says: the same whenever it is made. */
  async function derived(sessionId: string, life: Life, what: string): Promise<Issued> {
    // What a JWT signs has no colon, so that no token is ever signed by this.
    const id = await crypto.subtle.sign('HMAC', await key(), new TextEncoder().encode(what))
    return sign(sessionId, life, new Uint8Array(id, 0, 16))
  }

  return {
    /** No two tokens are equal. */
    issue: (sessionId: string, life: Life): Promise<Issued> => sign(sessionId, life, randomBytes(16)),

    /** The first token of a session that a pairing hands out: the same for each poll, of whatever replica. */
    ofPairing: (sessionId: string, life: Life): Promise<Issued> => derived(sessionId, life, `pairing:${sessionId}`),

    /** The token of one renewal: the same whenever it is made, for each client that held the one before. */
    ofRenewal: (sessionId: string, life: Life, renewals: number): Promise<Issued> =>
      derived(sessionId, life, `renewal:${sessionId}:${renewals}`),

    /** The session that a genuine token was issued for, whether or not it still opens it. Failure INVALID_TOKEN. */
    async read(token: string): Promise<string> {
      if (!token.startsWith(TOKEN_PREFIX)) throw invalid(`a session token begins with ${TOKEN_PREFIX}`)
      const options = { algorithms: ['HS256'], currentDate: new Date(0), clockTolerance: 0, typ: 'JWT' }
      try {
        const { payload } = await jwtVerify(token.slice(TOKEN_PREFIX.length), await key(), options)
        if (payload.sub) return payload.sub
      } catch (error) {
        if (!(error instanceof errors.JOSEError)) throw error
        throw invalid('the session token is not one of this daemon, or is damaged', error)
      }
      throw invalid('the session token names no session')
    },
  }
}

const invalid = (message: string, cause?: unknown) => new Failure('INVALID_TOKEN', message, cause ? { cause } : {})
