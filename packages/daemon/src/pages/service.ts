import type { Hono } from 'hono'
import { pageHeaders, pageStyle, serveText } from '../platform/http/page.ts'
import type { HttpEnv } from '../platform/http/types.ts'
import { APPROVE_PAGE, CONSENT_PAGE, INVITE_PAGE, OWNER_PAGE, PAIR_PAGE } from './html.ts'
import { APPROVE_SCRIPT } from './scripts/approve.ts'
import { ASKED_SCRIPT } from './scripts/asked.ts'
import { COMMON } from './scripts/common.ts'
import { CONSENT_SCRIPT } from './scripts/consent.ts'
import { INVITE_SCRIPT } from './scripts/invite.ts'
import { OWNER as OWNER_SCRIPT } from './scripts/owner.ts'
import { PAIR_SCRIPT } from './scripts/pair.ts'
import { WALLETS_SCRIPT } from './scripts/wallets.ts'
import { WORDS } from './words.ts'

/** Makes no markup of what it is told. */
const HEADERS = { html: pageHeaders('html', { 'require-trusted-types-for': "'script'" }), js: pageHeaders('js') }
const PAGES = {
  '/approve/:id': APPROVE_PAGE,
  '/consent/:id': CONSENT_PAGE,
  '/owner': OWNER_PAGE,
  '/owner/invite': INVITE_PAGE,
  '/pair': PAIR_PAGE,
}
const SCRIPTS = {
  common: COMMON,
  owner: OWNER_SCRIPT,
  asked: ASKED_SCRIPT,
  approve: APPROVE_SCRIPT,
  consent: CONSENT_SCRIPT,
  wallets: WALLETS_SCRIPT,
  invite: INVITE_SCRIPT,
  pair: PAIR_SCRIPT,
  words: Object.entries(WORDS)
    .map(([name, texts]) => `export const ${name} = ${JSON.stringify(texts)}`)
    .join('\n'),
}

/**
 * The pages for people: what waits for an owner, what owners are asked, their wallets, who is
 * invited to own one, and agents that ask to be let in. Each
 * is the same for everybody and every id: what there is to see is asked for once somebody has shown who they are.
 */
export function pages(app: Hono<HttpEnv>): void {
  pageStyle(app)
  for (const [path, text] of Object.entries(PAGES)) app.get(path, serveText(text, HEADERS.html))
  for (const [name, text] of Object.entries(SCRIPTS)) app.get(`/page/${name}.js`, serveText(text, HEADERS.js))
}
