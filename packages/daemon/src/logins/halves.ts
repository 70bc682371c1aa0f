import { Failure, LOGIN_TOKEN_PREFIX, PAGE_SECRET_HEADER, PAGE_SECRET_PREFIX } from '@waiaas/contract'

/** A login as a browser keeps it: `cookie` is what no script reads, `secret` what nobody but the page's origin has. */
export type HalvedLogin = { readonly secret: string; readonly cookie: string }

const COOKIE = 'waiaas_login'
/** So many characters of a token are a half: 132 of its 256 bits. */
const HALF = 22

/** The halves of a login's token, for a page of the daemon at this address. */
export function halved(token: string, origin: string): HalvedLogin {
  const random = token.slice(LOGIN_TOKEN_PREFIX.length)
  const { host, protocol } = new URL(origin)
  const about = ['Path=/v1', 'HttpOnly', 'SameSite=Strict', ...(protocol === 'https:' ? ['Secure'] : [])]
  return {
    cookie: [`${cookieNameAt(host)}=${random.slice(0, HALF)}`, ...about].join('; '),
    secret: PAGE_SECRET_PREFIX + random.slice(HALF),
  }
}

/**
 * The token of which a page shows both halves; undefined where no page calls. A browser sends the cookie to each port of the
 * machine, and with what other pages ask for: without the secret, and the browser's word that the page's own origin
 * asks, it is nothing.
 */
export function tokenOfPage(headers: Headers): string | undefined {
  const secret = headers.get(PAGE_SECRET_HEADER)
  if (secret === null) return undefined
  if (headers.get('sec-fetch-site') !== 'same-origin')
    throw new Failure('INVALID_TOKEN', 'expected a call of the page itself, with Sec-Fetch-Site: same-origin')
  const cookie = cookieOf(headers, cookieNameAt(headers.get('host') ?? ''))
  if (cookie === undefined || !secret.startsWith(PAGE_SECRET_PREFIX))
    throw new Failure('INVALID_TOKEN', 'the login is over: log in again')
  return LOGIN_TOKEN_PREFIX + cookie + secret.slice(PAGE_SECRET_PREFIX.length)
}

/** Cookies know no ports: the daemons of a machine would take each other's. */
const cookieNameAt = (host: string): string => {
  const port = /:(\d+)$/.exec(host)?.[1]
  return port === undefined ? COOKIE : `${COOKIE}_${port}`
}

const cookieOf = (headers: Headers, name: string): string | undefined =>
  (headers.get('cookie') ?? '')
    .split(';')
    .map((each) => each.trim())
    .find((each) => each.startsWith(`${name}=`))
    ?.slice(name.length + 1)
