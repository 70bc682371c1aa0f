import type { Hono } from 'hono'
import { pageHeaders, pageText, serveText } from '../platform/http/page.ts'
import type { HttpEnv } from '../platform/http/types.ts'

const PAGE = pageText({
  title: 'Notices',
  body: `<h1>Hear of what happens in this browser</h1>
<button id="on" type="button">Tell me here</button>
<p id="said" role="status"></p>
<pre id="command" hidden></pre>`,
  script: '/notices/page.js',
})

const SCRIPT = `const place = (name) => document.getElementById(name)
const say = (text) => { place('said').textContent = text }
const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

// Browsers that know of trusted types load no script of an address that is mere text.
const trusted = globalThis.trustedTypes?.createPolicy('worker', { createScriptURL: () => '/notices/worker.js' })
const worker = trusted?.createScriptURL('') ?? '/notices/worker.js'

place('on').addEventListener('click', async () => {
  try {
    if (!('serviceWorker' in navigator) || !('PushManager' in window))
      throw new Error('this browser takes no push messages here: it needs https, or http://localhost')
    if ((await Notification.requestPermission()) !== 'granted') throw new Error('you have not let this page tell you anything')
    const { publicKey } = await (await fetch('/notices/key')).json()
    await navigator.serviceWorker.register(worker, { scope: '/notices' })
    const { pushManager } = await navigator.serviceWorker.ready
    const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey })
    const keys = ['p256dh', 'auth'].map((name) => '--' + name + ' ' + base64url(subscription.getKey(name)))
    say('Give this to whoever runs the daemon, or run it there yourself. It is a key to this browser: show it to nobody else.')
    place('command').hidden = false
    // As a shell takes it, whatever signs are in it.
    const endpoint = "'" + subscription.endpoint.replaceAll("'", '%27') + "'"
    place('command').textContent = 'waiaas push add --name browser --endpoint ' + endpoint + ' ' + keys.join(' ')
  } catch (error) {
    say(error.message)
  }
})
`

const WORKER = `'use strict'
self.addEventListener('push', (event) => {
  const { id, title, body, severity, page } = event.data.json()
  const options = { body, tag: id, data: page, requireInteraction: severity === 'critical' }
  event.waitUntil(self.registration.showNotification(title, options))
})
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(self.clients.openWindow(event.notification.data))
})
`

/** It talks to this daemon alone, and loads one worker. */
const HEADERS = {
  html: pageHeaders('html', {
    ...{ 'worker-src': "'self'", 'require-trusted-types-for': "'script'", 'trusted-types': 'worker' },
  }),
  js: pageHeaders('js'),
  // A worker looks after what lies below it alone, unless its headers say more.
  worker: { ...pageHeaders('js'), 'service-worker-allowed': '/notices' },
}

/** /notices: a page on which a browser is made ready to be told. It knows nothing, and shows the command that adds it. */
export const pushPage = (publicKey: () => Promise<string>) => (app: Hono<HttpEnv>) => {
  app.get('/notices', serveText(PAGE, HEADERS.html))
  app.get('/notices/page.js', serveText(SCRIPT, HEADERS.js))
  app.get('/notices/worker.js', serveText(WORKER, HEADERS.worker))
  app.get('/notices/key', async (c) => c.json({ publicKey: await publicKey() }))
}
