import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Operations, openapi } from '@waiaas/contract'
import { Hono } from 'hono'
import { jsonAnswer } from './answer.ts'
import { pageHeaders, serveText } from './page.ts'
import type { HttpEnv } from './types.ts'

/** The vendored page script; VENDOR.json beside it says which, and a test checks its hash. */
export const SCALAR_DIRECTORY = join(import.meta.dirname, '../../../vendor/scalar')
const SCALAR_FILE = join(SCALAR_DIRECTORY, 'standalone.js')

/** The script styles what it makes, and draws fonts and images that it has in itself. */
const HEADERS = pageHeaders('html', {
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data: blob:",
  'font-src': "'self' data:",
})

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WAIaaS API</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="reference"></div>
<script src="/reference/standalone.js"></script>
<script src="/reference/start.js"></script>
</body>
</html>
`

/** No proxy, no fonts from elsewhere, no telemetry, no assistant: everything the page needs is in this daemon. */
const START = `Scalar.createApiReference('#reference', {
  url: '/doc',
  proxyUrl: '',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  persistAuth: false,
})
`

/** /doc is the OpenAPI description, /reference a page that shows it. */
export function referenceRoutes(operations: Operations, version: string): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  let description: Record<string, unknown> | undefined
  app.get('/doc', (c) => {
    description ??= openapi(operations, { version })
    const meta = c.get('meta')
    return jsonAnswer(meta, 200, { ...description, servers: [{ url: meta.origin }] })
  })
  app.get('/reference', serveText(PAGE, HEADERS))
  app.get('/reference/start.js', serveText(START, pageHeaders('js')))
  app.get('/reference/standalone.js', async (c) => {
    const { size } = await stat(SCALAR_FILE)
    return c.body(Readable.toWeb(createReadStream(SCALAR_FILE)) as ReadableStream, 200, {
      ...pageHeaders('js'),
      'content-length': String(size),
      'cache-control': 'private, max-age=3600',
    })
  })
  return app
}
