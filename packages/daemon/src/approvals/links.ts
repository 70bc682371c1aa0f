import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Card, Failure } from '@waiaas/contract'

type Parts = {
  /** The key of links. */
  readonly secret: () => Promise<Uint8Array>
  /** Where people reach the daemon; empty: nowhere. */
  readonly publicUrl: () => string
  readonly now: () => number
}
/** `endsAt` in unix milliseconds. */
type Shown = Pick<Card, 'id' | 'digest' | 'status'> & { readonly endsAt: number | null }

const FORM = /^([0-9a-f]{32})\.([0-9a-z]{1,9})\.([A-Za-z0-9_-]{43})$/
const LONGEST_MS = 7 * 86_400_000

/**
 * Signed links, for messages that are only read: a link shows one card and may reject it. It never approves, for programs
 * open the links of messages too. What is rejected is over, so that a link answers once.
 */
export function links({ secret, publicUrl, now }: Parts) {
  const macOf = async (id: string, digest: string, until: number): Promise<Buffer> =>
    createHmac('sha256', await secret())
      .update(`card ${id} ${digest} ${until}`)
      .digest()

  return {
    /** Of what waits, where people can reach the daemon. */
    async of({ id, digest, status, endsAt }: Shown): Promise<string | undefined> {
      const url = publicUrl()
      if (url === '' || status !== 'QUEUED') return undefined
      const until = Math.floor(Math.min(endsAt ?? Number.POSITIVE_INFINITY, now() + LONGEST_MS) / 1_000)
      const mac = await macOf(id, digest, until)
      return `${url.replace(/\/$/, '')}/card/${id.replaceAll('-', '')}.${until.toString(36)}.${mac.toString('base64url')}`
    },
    /** Whose link it is, as far as it says by itself. Failure NOT_FOUND. */
    read(token: string): { id: string; verify(digest: string): Promise<void> } {
      const [, hex, end, mac] = FORM.exec(token) ?? []
      if (hex === undefined || end === undefined || mac === undefined) throw unknownLink()
      const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
      const until = Number.parseInt(end, 36)
      return {
        id,
        /** It is for exactly these effects, and its time is not over. Failure NOT_FOUND. */
        async verify(digest) {
          const isOurs = timingSafeEqual(await macOf(id, digest, until), Buffer.from(mac, 'base64url'))
          if (!isOurs || until * 1_000 <= now()) throw unknownLink()
        },
      }
    },
  }
}
export type Links = ReturnType<typeof links>

/** The same for all that do not hold, so that nobody learns what there is. */
export const unknownLink = (): Failure => new Failure('NOT_FOUND', 'this link is not good, or its time is over')
