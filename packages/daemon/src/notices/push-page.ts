import type { Context, Hono } from 'hono'
import type { HttpEnv } from '../platform/http/types.ts'

/** The page may talk to this daemon alone, and runs its own scripts alone. */
const POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "worker-src 'self'", "connect-src 'self'"],
  ...['img-src data:', "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  "require-trusted-types-for 'script'",
].join('; ')

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Notices</title>
<link rel="icon" href="data:,">
<script src="/notices/page.js" defer></script>
</head>
<body>
<main>
<h1>Hear of what happens in this browser</h1>
<button id="on" type="button">Tell me here</button>
<p id="said" role="status"></p>
<pre id="command"></pre>
</main>
</body>
</html>
`

const SCRIPT = `'use strict'
const place = (name) => document.getElementById(name)
const say = (text) => { place('said').textContent = text }
const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

place('on').addEventListener('click', async () => {
  try {
    if (!('serviceWorker' in navigator) || !('PushManager' in window))
      throw new Error('this browser takes no push messages here: it needs https, or http://localhost')
    if ((await Notification.requestPermission()) !== 'granted') throw new Error('you have not let this page tell you anything')
    const { publicKey } = await (await fetch('/notices/key')).json()
    await navigator.serviceWorker.register('/notices/worker.js', { scope: '/notices' })
    const { pushManager } = await navigator.serviceWorker.ready
    const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey })
    const keys = ['p256dh', 'auth'].map((name) => '--' + name + ' ' + base64url(subscription.getKey(name)))
    say('Give this to whoever runs the daemon, or run it there yourself. It is a key to this browser: show it to nobody else.')
    place('command').textContent =
      'waiaas push add --name browser --endpoint ' + subscription.endpoint + ' ' + keys.join(' ')
  } catch (error) {
    say(error.message)
  }
})
`

const WORKER = `'use strict'
self.addEventListener('push', (event) => {
  const { id, title, body, severity } = event.data.json()
  event.waitUntil(self.registration.showNotification(title, { body, tag: id, requireInteraction: severity === 'critical' }))
})
`

/** /notices: a page on which a browser is made ready to be told. It knows nothing, and shows the command that adds it. */
export const pushPage = (publicKey: () => Promise<string>) => (app: Hono<HttpEnv>) => {
  const served = (c: Context<HttpEnv>, body: string, type: string) => {
    c.header('Content-Security-Policy', POLICY)
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'no-referrer')
    c.header('Cache-Control', 'no-store')
    c.header('Content-Type', type)
    return c.body(body)
  }
  app.get('/notices', (c) => served(c, PAGE, 'text/html; charset=utf-8'))
  app.get('/notices/page.js', (c) => served(c, SCRIPT, 'text/javascript; charset=utf-8'))
  app.get('/notices/worker.js', (c) => served(c, WORKER, 'text/javascript; charset=utf-8'))
  app.get('/notices/key', async (c) => served(c, JSON.stringify({ publicKey: await publicKey() }), 'application/json'))
}
