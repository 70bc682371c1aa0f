import type { Context, Hono } from 'hono'
import type { HttpEnv } from './types.ts'

const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' } as const
export type PageKind = keyof typeof TYPES

/** What a page may load and do; nothing of what is not named. */
const POLICY: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'connect-src': "'self'",
  'img-src': 'data:',
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

/** The headers of a page of the daemon's own, with what it does otherwise than others. */
export const pageHeaders = (kind: PageKind, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  'content-type': `${TYPES[kind]}; charset=utf-8`,
  'content-security-policy': Object.entries({ ...POLICY, ...more })
    .map(([name, value]) => `${name} ${value}`)
    .join('; '),
  'x-robots-tag': 'noindex, nofollow',
})

/** The headers of a text that a program reads and nothing runs. */
export const textHeaders = (kind: 'plain' | 'markdown'): Record<string, string> => ({
  'content-type': `text/${kind}; charset=utf-8`,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-robots-tag': 'noindex, nofollow',
})

/** Serves a text that is the same for everybody. */
export const serveText = (text: string, headers: Record<string, string>) => (c: Context<HttpEnv>) =>
  c.body(text, 200, headers)

type Page = { readonly title: string; readonly body: string; readonly script?: string }

/** A page of the daemon's own: nothing in it comes from elsewhere. `title` and `body` are markup. */
export const pageText = ({ title, body, script }: Page): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page/page.css">${script === undefined ? '' : `\n<script type="module" src="${script}"></script>`}
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`

/** How all of them look: light and dark, from a small phone on. */
const STYLE = `:root { color-scheme: light dark; --line: light-dark(#6f7780, #8b939c); --soft: light-dark(#f2f4f6, #1d2126); --ground: light-dark(#fff, #121417); --ink: light-dark(#15181b, #eceff2); --quiet: light-dark(#50575f, #b3bac2); --yes: #14663a; --no: #9b1c1c; --warn: light-dark(#fff3d6, #3a2c08); --bad: light-dark(#9b1c1c, #ff9d9d); font: 1.0625rem/1.5 system-ui, sans-serif; background: var(--ground); color: var(--ink); }
body { margin: 0; }
main { max-width: 40rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
p, li { overflow-wrap: anywhere; }
[hidden] { display: none !important; }
ul.lines { list-style: none; margin: 0 0 1rem; padding: 0; border: 1px solid var(--line); border-radius: .6rem; }
ul.lines li { padding: .6rem .9rem; }
ul.lines li + li { border-top: 1px solid light-dark(#d8dce0, #343a41); }
.warnings { list-style: none; margin: 1rem 0; padding: .75rem .9rem; border: 2px solid light-dark(#8a5a00, #e0b04a); border-radius: .6rem; background: var(--warn); font-weight: 600; }
.code { font: 600 1.15rem/1.4 ui-monospace, monospace; letter-spacing: .06em; }
button, .button { font: inherit; font-weight: 600; display: block; box-sizing: border-box; width: 100%; min-height: 3rem; margin: .75rem 0; padding: .5rem 1rem; border-radius: .6rem; border: 1px solid var(--line); background: var(--soft); color: var(--ink); cursor: pointer; overflow-wrap: anywhere; }
.answers { display: flex; gap: .75rem; border: 0; margin: 0; padding: 0; min-width: 0; }
button.yes { background: var(--yes); color: #fff; border-color: var(--yes); }
button.no { background: var(--no); color: #fff; border-color: var(--no); }
button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 3px solid light-dark(#1558c0, #8ab4ff); outline-offset: 2px; }
label { display: block; margin-top: 1rem; }
input, textarea, select { font: inherit; box-sizing: border-box; width: 100%; padding: .6rem; border-radius: .6rem; border: 1px solid var(--line); background: var(--ground); color: var(--ink); }
input[type=checkbox] { width: 1.25rem; height: 1.25rem; margin: 0 .6rem 0 0; flex: none; }
label.choice { display: flex; align-items: flex-start; margin: .6rem 0; overflow-wrap: anywhere; }
fieldset.choices { border: 1px solid var(--line); border-radius: .6rem; margin: 1rem 0; padding: .25rem .9rem .75rem; min-width: 0; }
textarea, pre { font-family: ui-monospace, monospace; font-size: .85rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--soft); padding: .75rem; border-radius: .6rem; }
dialog { width: min(34rem, 92vw); box-sizing: border-box; border-radius: .6rem; border: 1px solid var(--line); background: var(--ground); color: var(--ink); }
dialog h2 { margin-top: 0; }
summary { cursor: pointer; padding: .5rem 0; }
.quiet { color: var(--quiet); font-variant-numeric: tabular-nums; }
.wrong { color: var(--bad); font-weight: 600; }
.done { font-weight: 600; }
a { color: light-dark(#1558c0, #8ab4ff); }
`

/** Where they find that. */
export const pageStyle = (app: Hono<HttpEnv>): void =>
  void app.get('/page/page.css', serveText(STYLE, pageHeaders('css')))
