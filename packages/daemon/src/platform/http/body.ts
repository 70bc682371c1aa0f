import { Failure, invalidField, isFailure } from '@waiaas/contract'
import type { Context } from 'hono'
import type { HttpEnv } from './types.ts'

/** The JSON object of a body; none is an empty one. Fails with 400 codes, 413 and 415. */
export async function readBody(c: Context<HttpEnv>, limit: number): Promise<Record<string, unknown>> {
  const text = await readText(c, limit)
  c.set('body', text)
  if (text.trim() === '') return {}
  requireJson(c.req.header('content-type'))
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Failure(
      'MALFORMED_JSON',
      `expected one JSON object, got ${Array.isArray(value) ? 'an array' : String(value === null ? value : typeof value)}`,
    )
  if (Object.hasOwn(value, '__proto__')) throw invalidField('__proto__', 'unknown field')
  return value as Record<string, unknown>
}

/** The text of a body of at most so many bytes. Failure PAYLOAD_TOO_LARGE, before all of it is read. */
export async function readText(c: Context<HttpEnv>, limit: number): Promise<string> {
  try {
    return await textOf(c, limit)
  } catch (error) {
    if (isFailure(error)) throw error
    // The client has gone: nobody's fault here, and nobody hears the answer.
    throw new Failure('MALFORMED_JSON', 'expected one JSON object, got the beginning of one', { cause: error })
  }
}

async function textOf(c: Context<HttpEnv>, limit: number): Promise<string> {
  const declared = c.req.header('content-length')
  if (declared !== undefined && Number(declared) > limit) throw tooLarge(limit, Number(declared))
  // A declared length is kept by Node's parser; only a chunked body has to be counted.
  if (declared !== undefined || !c.req.raw.body) return c.req.text()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of c.req.raw.body) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** `received` is there when the caller said so beforehand. */
function tooLarge(limit: number, received?: number): Failure {
  const came = received === undefined ? 'has more' : `has ${received}`
  return new Failure('PAYLOAD_TOO_LARGE', `the body may have ${limit} bytes at most, this one ${came}`, {
    details: { limit, ...(received !== undefined && { received }) },
  })
}

/** A web page can send other types to any address without asking first. */
function requireJson(type = 'none'): void {
  const [essence, ...parameters] = type.split(';').map((part) => part.trim().toLowerCase())
  const isUtf8 = parameters.every((each) => !each.startsWith('charset=') || /^charset="?utf-8"?$/.test(each))
  if (essence === 'application/json' && isUtf8) return
  throw new Failure('UNSUPPORTED_MEDIA_TYPE', `expected the content-type application/json, got ${type.slice(0, 100)}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The engine's message quotes the text, which may hold a secret.
    throw new Failure('MALFORMED_JSON', 'expected one JSON object, got text that is not JSON', { cause })
  }
}
