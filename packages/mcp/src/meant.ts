import { NetworkName, operations } from '@waiaas/contract'
import { WAIaaSError } from '@waiaas/sdk'
import type { AgentTool } from './tools.ts'

type Input = Record<string, unknown>
type Asked = { readonly tool: AgentTool; readonly input: Input }

/** What there is to choose from; `tokens` are those that a network lists. */
type Choices = {
  readonly connectInfo: () => Promise<unknown>
  readonly tokens: (network: string) => Promise<unknown>
}

/**
 * A refused call with what it left open, where only one thing can be meant: the session's only wallet on the network that
 * it names, or whose networks list the token, and every network of a wallet whose holdings are asked for. Undefined where
 * there is a choice to make.
 */
export async function asMeant(error: unknown, asked: Asked, choices: Choices) {
  const code = error instanceof WAIaaSError ? error.code : undefined
  if (code === 'NETWORK_REQUIRED') return everyNetwork(asked)
  return code === 'WALLET_ID_REQUIRED' ? onItsOnlyWallet(asked, choices) : undefined
}

const LISTS_NETWORKS: readonly unknown[] = [operations.getBalance, operations.getAssets]

const everyNetwork = ({ tool, input }: Asked): Input | undefined =>
  LISTS_NETWORKS.includes(tool.op) && isOpen(input.network) ? { ...input, network: 'all' } : undefined

/** More wallets than this are a choice for the model. */
const MOST_WALLETS = 10
type Everywhere = { readonly connectInfo: () => Promise<unknown>; readonly read: (input: Input) => Promise<unknown> }

/** What all wallets of the session hold, where holdings are asked for and neither a wallet nor a network is named. */
export async function heldByAll(error: unknown, { tool, input }: Asked, { connectInfo, read }: Everywhere) {
  const { walletField, op } = tool
  const isOfOne = !(error instanceof WAIaaSError && error.code === 'WALLET_ID_REQUIRED')
  if (isOfOne || walletField === undefined || !LISTS_NETWORKS.includes(op) || !isOpen(input.network)) return undefined
  const wallets = await walletsOf(connectInfo)
  if (wallets.length === 0 || wallets.length > MOST_WALLETS) return undefined
  const held = wallets.map(async ({ id, name }) => {
    const found = await read({ ...input, [walletField]: id, network: 'all' }).catch((problem: unknown) => {
      if (!(problem instanceof WAIaaSError)) throw problem
      return { walletId: id, error: problem.message }
    })
    return { name, ...(found as object) } // every operation answers with an object
  })
  return { heldBy: await Promise.all(held) }
}

/** The wallets of the session; none where that cannot be told, so that the choice stays with the model. */
async function walletsOf(connectInfo: () => Promise<unknown>) {
  const info = operations.getConnectInfo.output.safeParse(await connectInfo().catch(() => undefined))
  return info.success ? info.data.wallets : []
}

async function onItsOnlyWallet({ tool, input }: Asked, { connectInfo, tokens }: Choices) {
  const { walletField } = tool
  if (walletField === undefined || !isOpen(input[walletField])) return undefined
  const token = nameOf(input.token)
  if (isOpen(input.network) && token === undefined) return undefined
  const wallets = await walletsOf(connectInfo)
  const networks = isOpen(input.network)
    ? await listing(token!, [...new Set(wallets.flatMap((one) => one.availableNetworks))], tokens)
    : [NetworkName.safeParse(input.network).data]
  const [only, ...others] = wallets.filter(({ availableNetworks }) =>
    availableNetworks.some((network) => networks.includes(network)),
  )
  if (!only || others.length > 0) return undefined
  const [network] = networks
  return { ...input, [walletField]: only.id, ...(networks.length === 1 && { network }) }
}

/** How a call names its token: by symbol or address. */
function nameOf(token: unknown): string | undefined {
  const named = typeof token === 'object' && token !== null ? Object.values(token)[0] : token
  return typeof named === 'string' && named !== '' ? named.toLowerCase() : undefined
}

/** More networks than this are not asked one by one. */
const MOST_NETWORKS = 40

/** The networks that list a token; none where one of them cannot be asked, for it may be meant. */
async function listing(name: string, networks: readonly string[], tokens: Choices['tokens']): Promise<string[]> {
  if (networks.length > MOST_NETWORKS) return []
  const listed = networks.map(async (network) => {
    const found = operations.listTokens.output.safeParse(await tokens(network).catch(() => undefined))
    if (!found.success || found.data.hasMore) return undefined
    const isIt = found.data.tokens.some(({ symbol, address }) =>
      [symbol, address].some((one) => one.toLowerCase() === name),
    )
    return isIt ? [network] : []
  })
  const all = await Promise.all(listed)
  return all.includes(undefined) ? [] : all.flatMap((one) => one ?? [])
}

/** Empty text names nothing. */
const isOpen = (value: unknown): boolean => (value ?? '') === ''
