import { type Card, cardText, isFailure } from '@waiaas/contract'
import type { Context, Hono } from 'hono'
import { pageHeaders, pageText } from '../platform/http/page.ts'
import type { HttpEnv } from '../platform/http/types.ts'
import type { CardAnswer } from './channel.ts'
import { type Links, unknownLink } from './links.ts'

type Parts = {
  readonly links: Pick<Links, 'read'>
  readonly card: (id: string) => Promise<Card>
  readonly answer: (answer: CardAnswer) => Promise<unknown>
}

/** One form that comes back here. It holds for the moment at which it is asked for. */
const HEADERS = {
  ...pageHeaders('html', { 'form-action': "'self'" }),
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** The page of a signed link: GET shows the card, as often as somebody or something opens it; POST rejects it. */
export const linkPages =
  (parts: Parts) =>
  (app: Hono<HttpEnv>): void => {
    app.get('/card/:token', (c) => page(c, () => shown(parts, c.req.param('token'))))
    app.post('/card/:token', (c) => page(c, () => rejected(parts, c.req.param('token'), c.get('meta').peer)))
  }

/** `asks`: the transaction that waits. */
type Page = { title: string; text: string; asks: string | undefined }

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
  return { title: card.title, text: cardText(card), asks: card.status === 'QUEUED' ? card.id : undefined }
}

async function rejected(parts: Parts, token: string, ip: string): Promise<Page> {
  const { id, code } = await cardOf(parts, token)
  await parts.answer({ id, code, says: 'reject', channel: 'link', actor: 'link', ip })
  return { title: 'Rejected', text: `Rejected ${code}. It will not run.`, asks: undefined }
}

async function page(c: Context<HttpEnv>, make: () => Promise<Page>): Promise<Response> {
  const meta = c.get('meta')
  meta.complete = true
  try {
    return new Response(html(await make()), { headers: { ...meta.headers, ...HEADERS } })
  } catch (error) {
    if (!isFailure(error)) throw error
    const told = { title: 'Not done', text: error.message, asks: undefined }
    return new Response(html(told), { status: error.status, headers: { ...meta.headers, ...HEADERS } })
  }
}

const html = ({ title, text, asks }: Page): string => {
  const [head = '', ...lines] = text.split('\n')
  const items = lines.map((line) => `<li>${escaped(line)}</li>`)
  return pageText({
    title: escaped(title),
    body: `<h1>${escaped(head)}</h1>
${items.length === 0 ? '' : `<ul class="lines">${items.join('')}</ul>`}
${asks === undefined ? '' : answers(asks)}`,
  })
}

const answers = (id: string): string => `<form method="post"><button class="no">Reject it</button></form>
<p>This link never approves. <a href="/approve/${escaped(id)}">Approve it as the owner of the wallet</a>, or with the command line or Telegram.</p>`

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => SIGNS[sign]!)
