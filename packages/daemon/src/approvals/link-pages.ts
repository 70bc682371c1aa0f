import { type Card, cardText, isFailure } from '@waiaas/contract'
import type { Context, Hono } from 'hono'
import type { HttpEnv } from '../platform/http/types.ts'
import type { CardAnswer } from './channel.ts'
import { type Links, unknownLink } from './links.ts'

type Parts = {
  readonly links: Pick<Links, 'read'>
  readonly card: (id: string) => Promise<Card>
  readonly answer: (answer: CardAnswer) => Promise<unknown>
}

/** Nothing but this page, and one form that comes back here. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex, nofollow',
}

/** The page of a signed link: GET shows the card, as often as somebody or something opens it; POST rejects it. */
export const linkPages =
  (parts: Parts) =>
  (app: Hono<HttpEnv>): void => {
    app.get('/card/:token', (c) => page(c, () => shown(parts, c.req.param('token'))))
    app.post('/card/:token', (c) => page(c, () => rejected(parts, c.req.param('token'), c.get('meta').peer)))
  }

type Page = { title: string; text: string; asks: boolean }

async function cardOf({ links, card }: Parts, token: string): Promise<Card> {
  const { id, verify } = links.read(token)
  try {
    const found = await card(id)
    await verify(found.digest)
    return found
  } catch (error) {
    throw isFailure(error, 'TX_NOT_FOUND') ? unknownLink() : error
  }
}

async function shown(parts: Parts, token: string): Promise<Page> {
  const card = await cardOf(parts, token)
  return { title: card.title, text: cardText(card), asks: card.status === 'QUEUED' }
}

async function rejected(parts: Parts, token: string, ip: string): Promise<Page> {
  const { id, code } = await cardOf(parts, token)
  await parts.answer({ id, code, says: 'reject', channel: 'link', actor: 'link', ip })
  return { title: 'Rejected', text: `Rejected ${code}. It will not run.`, asks: false }
}

async function page(c: Context<HttpEnv>, make: () => Promise<Page>): Promise<Response> {
  const meta = c.get('meta')
  meta.complete = true
  try {
    return new Response(html(await make()), { headers: { ...meta.headers, ...HEADERS } })
  } catch (error) {
    if (!isFailure(error)) throw error
    const told = { title: 'Not done', text: error.message, asks: false }
    return new Response(html(told), { status: error.status, headers: { ...meta.headers, ...HEADERS } })
  }
}

const html = ({ title, text, asks }: Page): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
${text
  .split('\n')
  .map((line, at) => (at === 0 ? `<h1>${escaped(line)}</h1>` : `<p>${escaped(line)}</p>`))
  .join('\n')}
${asks ? '<form method="post"><button>Reject it</button></form>\n<p>To approve it, use the command line, Telegram or the owner of the wallet: a link never does.</p>' : ''}
</html>
`

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => SIGNS[sign]!)
