import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { type CallOperation, createServer, type ServerOptions } from './server.ts'

const BODY_LIMIT = 1_048_576

/**
 * Answers one POST of the Streamable HTTP transport (MCP 2025-11-25) with JSON; nothing is kept between requests.
 * Host, Origin and credentials are the caller's to check before.
 */
export async function answerRequest(request: Request, call: CallOperation, options?: ServerOptions): Promise<Response> {
  const server = createServer(call, options)
  // No sessionIdGenerator: stateless.
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: true,
    maxRequestBodySize: BODY_LIMIT,
  })
  try {
    await server.connect(transport)
    return await transport.handleRequest(request)
  } finally {
    await server.close()
  }
}
