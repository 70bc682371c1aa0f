import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { expect, test } from 'vitest'
import { startAgent } from '../../packages/mcp/test/client.ts'
import { pages, root } from '../docs/markdown.ts'
import { startTestDaemon } from '../support/daemon.ts'

type Server = { command: string; args: string[]; env: Record<string, string> }

test('a client is told to run our own program, by its path', async () => {
  const daemon = await startTestDaemon()
  try {
    const { id } = await daemon.operator.createWallet({ name: 'one', chain: 'ethereum', environment: 'testnet' })
    const { claudeDesktopConfig } = await daemon.operator.createMcpToken({ walletId: id })
    const server = claudeDesktopConfig['waiaas-one'] as Server
    expect([server.command, ...server.args].every(isAbsolute)).toBe(true)
    expect(server.args[0]).toBe(join(root, 'packages/mcp/bin/waiaas-mcp.cjs'))
    const agent = await startAgent(server.env, server)
    expect((await agent.client.listTools()).tools.length).toBeGreaterThan(5)
    await agent.close()
  } finally {
    await daemon.stop()
  }
})

test('no page tells anybody to run or install a package that is not published', () => {
  const names = ['.', ...['cli', 'contract', 'daemon', 'localnet', 'mcp', 'sdk'].map((each) => `packages/${each}`)]
  const own = names.map(
    (each) => JSON.parse(readFileSync(join(root, each, 'package.json'), 'utf8')) as { name: string },
  )
  const fetched = new RegExp(
    `(npx(?! --no )|npm (i|install|exec)|pnpm dlx|bunx)\\b[^\\n]*(?<!--workspace)[\\s"'](${own.map(({ name }) => name).join('|')})(?![\\w/.-])`,
  )
  expect(fetched.test('"command": "npx", "args": ["@waiaas/mcp"]')).toBe(true)
  expect(fetched.test('npx --no waiaas status')).toBe(false)
  expect(
    pages()
      .filter(({ text }) => fetched.test(text))
      .map(({ path }) => path),
  ).toEqual([])
})
