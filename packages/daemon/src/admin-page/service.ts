import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Hono } from 'hono'
import { type PageKind, pageHeaders, serveText } from '../platform/http/page.ts'
import type { HttpEnv } from '../platform/http/types.ts'

/** What `packages/admin` is built to. */
const DIRECTORY = join(import.meta.dirname, '../../../admin/dist')
const ASSETS = join(DIRECTORY, 'assets')

const MISSING = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>WAIaaS</title>
<p>The admin page is not built here. Run <code>npm ci</code> where the daemon was cloned, and start it again.</p>
</html>
`
/** Makes no markup of what it is told. */
const HTML = pageHeaders('html', { 'require-trusted-types-for': "'script'" })
/** Its name changes with what is in it. */
const KEPT = { 'cache-control': 'public, max-age=31536000, immutable' }
const KINDS: Readonly<Record<string, PageKind>> = { '.js': 'js', '.css': 'css' }

/** The operator's page, at `/` and `/admin/`: files that are the same for everybody. What there is to see it asks for by itself. */
export function adminPage(app: Hono<HttpEnv>): void {
  for (const path of ['/', '/admin/'])
    app.get(path, async (c) => serveText(await readFile(join(DIRECTORY, 'index.html'), 'utf8').catch(missing), HTML)(c))
  app.get('/admin', (c) => c.redirect('/admin/'))
  app.get('/admin/assets/:name', async (c, next) => {
    const { name } = c.req.param()
    const kind = KINDS[extname(name)]
    if (kind === undefined || !(await readdir(ASSETS).catch(none)).includes(name)) return next()
    return serveText(await readFile(join(ASSETS, name), 'utf8'), { ...pageHeaders(kind), ...KEPT })(c)
  })
}

/** A clone that was not built; others have it. */
const missing = () => MISSING
const none = (): string[] => []
