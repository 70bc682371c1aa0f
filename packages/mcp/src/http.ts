import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { type CallOperation, createServer, type ServerOptions } from './server.ts'

/** One POST of the Streamable HTTP transport; `body` is what its JSON says. */
type Post = { readonly request: Request; readonly body: unknown }

/**
 * Answers a POST of the Streamable HTTP transport (MCP 2025-11-25) with JSON; nothing is kept between requests.
 * Host, Origin, credentials and the size of the body are the caller's to check before.
 */
export async function answerRequest(
  { request, body }: Post,
  call: CallOperation,
  options?: ServerOptions,
): Promise<Response> {
  const server = createServer(call, options)
  // No sessionIdGenerator: stateless.
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  try {
    await server.connect(transport)
    return await transport.handleRequest(request, { parsedBody: body })
  } finally {
    await server.close()
  }
}
