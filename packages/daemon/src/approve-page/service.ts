import type { Context, Hono } from 'hono'
import type { HttpEnv } from '../platform/http/types.ts'
import { SCRIPT } from './script.ts'

/** The page may talk to this daemon alone, runs its own script alone, and makes no markup of what it is told. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Approve</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/approve/page.css">
<script src="/approve/page.js" defer></script>
</head>
<body>
<main>
<h1>Something waits for you</h1>
<section id="who">
<p>Show that you own the wallet, to see what it is.</p>
<div id="wallets"></div>
<button id="passkey" type="button" hidden>Use a passkey</button>
<form id="other">
<label for="address">Or sign elsewhere, as the owner with the address</label>
<input id="address" autocomplete="off" spellcheck="false" required>
<button type="submit">Show it</button>
</form>
</section>
<section id="waiting" hidden>
<div id="what"></div>
<p id="left"></p>
<fieldset id="answers">
<button id="approve" type="button">Approve</button>
<button id="reject" type="button">Reject</button>
</fieldset>
<details><summary>The whole text that you sign</summary><pre id="whole"></pre></details>
</section>
<p id="said" role="status"></p>
<dialog id="elsewhere">
<form method="dialog">
<label for="text">Sign this text with your wallet, as it is</label>
<textarea id="text" rows="8" readonly></textarea>
<label for="signature">and paste the signature here</label>
<textarea id="signature" rows="3" spellcheck="false"></textarea>
<button>Go on</button>
</form>
</dialog>
</main>
</body>
</html>
`

const STYLE = `:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
[hidden] { display: none !important; }
#what p { margin: 0 0 .5rem; padding: .75rem 1rem; border: 1px solid; border-radius: .5rem; overflow-wrap: anywhere; font-weight: 600; }
button { font: inherit; display: block; width: 100%; min-height: 3rem; margin: .75rem 0; border-radius: .5rem; border: 1px solid; cursor: pointer; }
#answers { display: flex; gap: .75rem; border: 0; margin: 0; padding: 0; }
#approve { background: #116632; color: #fff; border-color: #116632; }
#reject { background: #8f1d1d; color: #fff; border-color: #8f1d1d; }
button:disabled { opacity: .5; }
label { display: block; margin-top: 1rem; }
input, textarea { font: inherit; box-sizing: border-box; width: 100%; padding: .6rem; border-radius: .5rem; border: 1px solid; }
textarea, pre { font-family: ui-monospace, monospace; font-size: .85rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
dialog { width: min(32rem, 92vw); box-sizing: border-box; border-radius: .5rem; }
#left { font-variant-numeric: tabular-nums; opacity: .8; }
.wrong { color: #c62828; font-weight: 600; overflow-wrap: anywhere; }
.done { font-weight: 600; }
`

/**
 * /approve/<transaction>: a page on which the owner of a wallet answers what waits, with a wallet program, a passkey or a text
 * that is signed elsewhere. It is the same for every id and for everybody: what waits is asked for once the owner is there.
 */
export function approvePages(app: Hono<HttpEnv>): void {
  app.get('/approve/page.js', typed(SCRIPT, 'javascript'))
  app.get('/approve/page.css', typed(STYLE, 'css'))
  app.get('/approve/:id', typed(PAGE, 'html'))
}

const typed = (text: string, type: string) => (c: Context<HttpEnv>) =>
  c.body(text, 200, { 'content-type': `text/${type}; charset=utf-8`, 'content-security-policy': POLICY })
