import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { CallOperation } from './calling.ts'
import { noKeys } from './repeat-keys.ts'
import { createServer, type ServerOptions } from './server.ts'

/** One POST of the Streamable HTTP transport; `body` is what its JSON says. */
type Post = { readonly request: Request; readonly body: unknown }

/**
 * Answers a POST of the Streamable HTTP transport (MCP 2026-07-28, or 2025-11-25 and before) with JSON; nothing is kept
 * between requests. Host, Origin, credentials and the size of the body are the caller's to check before.
 */
export async function answerRequest(post: Post, call: CallOperation, options?: ServerOptions): Promise<Response> {
  const make = () => createServer(call, { ...options, keys: noKeys })
  return (await isLegacyRequest(post.request, post.body)) ? answerLegacy(post, make()) : answerModern(post, make)
}

async function answerModern({ request, body }: Post, make: () => ReturnType<typeof createServer>): Promise<Response> {
  // Nothing here changes while a client listens, so none may hold a connection for it.
  const handler = createMcpHandler(make, { legacy: 'reject', maxSubscriptions: 0 })
  try {
    return await handler.fetch(request, { parsedBody: body })
  } finally {
    await handler.close()
  }
}

/** By hand, because the library's own lane for it answers with streams. */
async function answerLegacy({ request, body }: Post, server: ReturnType<typeof createServer>): Promise<Response> {
  // No sessionIdGenerator: stateless.
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  try {
    await server.connect(transport)
    return await transport.handleRequest(request, { parsedBody: body })
  } finally {
    await server.close()
  }
}
