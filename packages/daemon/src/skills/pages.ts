import type { Output, skillOperations } from '@waiaas/contract'
import type { Hono } from 'hono'
import { serveText, textHeaders } from '../platform/http/page.ts'
import type { HttpEnv } from '../platform/http/types.ts'

type Skills = {
  list(): Output<typeof skillOperations.listSkills>
  /** The text of one, as it is served and installed; undefined where there is none. */
  text(name: string): string | undefined
}

/** `/llms.txt`, which says to a program that reads it what this is, and each skill as a file of Markdown. */
export const skillPages =
  (skills: Skills) =>
  (app: Hono<HttpEnv>): void => {
    app.get('/llms.txt', (c) => serveText(overview(skills, c.get('meta').origin), textHeaders('plain'))(c))
    app.get('/skills/:file', (c, next) => {
      const text = skills.text(c.req.param('file').replace(/\.md$/, ''))
      return text !== undefined && c.req.param('file').endsWith('.md')
        ? serveText(text, textHeaders('markdown'))(c)
        : next()
    })
  }

function overview(skills: Skills, origin: string): string {
  const { version, items } = skills.list()
  return `# WAIaaS ${version}

> A wallet for AI agents on its owner's machine. It keeps the keys; an agent asks for payments with a session token, and policies of the operator decide. Amounts are in whole units unless a field says otherwise.

Begin with the first guide. Without a session token, ask for one by pairing: a person confirms it with a code. Never ask anybody for the master password.

## Guides

${items.map(({ name, description }) => `- [${name}](${origin}/skills/${name}.md): ${description}`).join('\n')}

## For programs

- [OpenAPI 3.1](${origin}/doc): every call, what it takes and answers
- [MCP](${origin}/mcp): the same as tools, over Streamable HTTP, with the session token as Authorization: Bearer
- [Health](${origin}/health)

## Optional

- [API page](${origin}/reference): the calls for people
`
}
