import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { operations, readToolsets } from '@waiaas/contract'
import { WAIaaSError } from '@waiaas/sdk'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { expect, onTestFinished, test } from 'vitest'
import { MODERN } from '../test/client.ts'
import { failureResult } from './results.ts'
import { createServer } from './server.ts'

/** The list of tools as a client receives it, and what it costs a model that is given all of it as it is. */
async function listOf(asked: string) {
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const nobody = () => Promise.reject(new Error('a list asks the daemon nothing'))
  const make = () => createServer(nobody, { toolsets: readToolsets(asked) })
  const served = serveStdio(make, { transport: theirs })
  onTestFinished(() => served.close())
  const client = new Client({ name: 'a test', version: '0' }, MODERN)
  await client.connect(ours)
  const { tools } = await client.listTools()
  return { tools, tokens: countTokens(JSON.stringify(tools)), instructions: client.getInstructions()! }
}

test('the tools that everybody is shown cost a conversation less than 4,000 tokens', async () => {
  const { tools, tokens, instructions } = await listOf('')
  const all = await listOf('all')
  console.log(`${tools.length} tools are ${tokens} tokens; all ${all.tools.length} are ${all.tokens}`)
  expect(tokens).toBeLessThan(4_000)
  expect(countTokens(instructions)).toBeLessThan(250)
  expect(all.tools.length).toBeGreaterThan(tools.length)
})

test('a refusal fits what is said of the answers of each tool, because clients of 2025 hold it against that', async () => {
  const { tools } = await listOf('all')
  const problem = { code: 'C', status: 403, message: 'm', retryable: false, details: {}, requestId: 'r', hint: 'h' }
  const refusal = failureResult(new WAIaaSError(problem), operations.sendToken).structuredContent as object
  for (const { name, outputSchema } of tools)
    expect({ name, typed: Object.keys(outputSchema?.properties ?? {}).filter((field) => field in refusal) }).toEqual({
      name,
      typed: [],
    })
})

test('what clients are told of a tool is true', async () => {
  const { tools } = await listOf('all')
  const told = new Map(tools.map(({ name, annotations }) => [name, annotations]))
  const pays = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true }
  for (const name of ['send_token', 'call_contract', 'approve_token', 'send_batch', 'transfer_nft', 'send_plan'])
    expect({ name, ...told.get(name) }).toEqual({ name, ...pays })
  // A replacement pays a higher fee, each time.
  expect(told.get('replace_transaction')).toEqual(pays)
  // What was cancelled does not come back, and is not cancelled twice.
  const ends = { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false }
  for (const name of ['cancel_transaction', 'cancel_plan']) expect(told.get(name)).toEqual(ends)
  // A signature cannot be taken back, and reaches nobody by itself.
  for (const name of ['sign_message', 'sign_transaction'])
    expect(told.get(name)).toEqual({ ...pays, openWorldHint: false })
  const reads = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }
  const others = tools.filter(({ name }) => /^(get|list|connect|simulate|encode)_/.test(name))
  for (const { name, annotations } of others) expect({ name, ...annotations }).toEqual({ name, ...reads })
  expect(others).toHaveLength(tools.length - 11)
  for (const { title, outputSchema } of tools)
    expect({ title, type: outputSchema?.type }).toEqual({ title: expect.stringMatching(/^[A-Z]/), type: 'object' })
})
