import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { type Operation, operations, toolAnswer } from '@waiaas/contract'
import { failureBody } from './results.ts'

type Input = Record<string, unknown>
type Read = (operation: keyof typeof operations, input: Input, context: ServerContext) => Promise<unknown>
type Parts = {
  readonly read: Read
  /** What to look at of the wallet that is meant. */
  readonly wallet: { readonly walletId?: string }
  readonly onFailure: (where: string, error: unknown) => void
}

type Form = { readonly mimeType: string; readonly text: (answer: unknown, op: Operation) => string }
const JSON_TEXT: Form = {
  mimeType: 'application/json',
  text: (answer, op) => JSON.stringify(toolAnswer(op, answer, true)),
}
const MARKDOWN: Form = {
  mimeType: 'text/markdown',
  text: (answer) => operations.getSkill.output.parse(answer).content,
}

/** What a client may show or attach without a tool: the same answers as those of the tools. */
export function addResources(server: McpServer, { read, wallet, onFailure }: Parts): void {
  async function contentsOf(
    uri: URL,
    operation: keyof typeof operations,
    { input, context, form = JSON_TEXT }: { input: Input; context: ServerContext; form?: Form },
  ) {
    const op: Operation = operations[operation]
    try {
      const text = form.text(await read(operation, input, context), op)
      return { contents: [{ uri: uri.href, mimeType: form.mimeType, text }] }
    } catch (error) {
      onFailure(uri.href, error)
      const body = failureBody(error, op)
      throw new ProtocolError(ProtocolErrorCode.InternalError, `${body.code}: ${body.message}`, body)
    }
  }
  const aboutOf = (title: string, operation: keyof typeof operations, { mimeType } = JSON_TEXT) => {
    const { summary }: Operation = operations[operation]
    return { title, description: summary, mimeType }
  }
  const add = (path: string, operation: keyof typeof operations, input: Input) => {
    const about = aboutOf(path.replace('/', ' '), operation)
    server.registerResource(path.slice(path.indexOf('/') + 1), `waiaas://${path}`, about, (uri, context) =>
      contentsOf(uri, operation, { input, context }),
    )
  }
  add('wallet/balance', 'getBalance', { ...wallet, network: 'all' })
  add('wallet/address', 'getAddress', wallet)
  add('system/status', 'getAdminStatus', {})
  add('wallets', 'getConnectInfo', {})
  const limits = new ResourceTemplate('waiaas://limits/{network}', { list: undefined })
  server.registerResource('limits', limits, aboutOf('limits of a network', 'getLimits'), (uri, { network }, context) =>
    contentsOf(uri, 'getLimits', { input: { ...wallet, network: String(network) }, context }),
  )
  const skill = (uri: URL, name: string, context: ServerContext) =>
    contentsOf(uri, 'getSkill', { input: { name }, context, form: MARKDOWN })
  const first = aboutOf('how to use the wallet', 'getSkill', MARKDOWN)
  server.registerResource('quickstart', 'waiaas://skills/quickstart', first, (uri, context) =>
    skill(uri, 'quickstart', context),
  )
  const skills = new ResourceTemplate('waiaas://skills/{name}', { list: undefined })
  server.registerResource(
    'skills',
    skills,
    aboutOf('a guide by its name', 'getSkill', MARKDOWN),
    (uri, { name }, context) => skill(uri, String(name), context),
  )
}
