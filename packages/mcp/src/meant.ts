import { NetworkName, operations } from '@waiaas/contract'
import { WAIaaSError } from '@waiaas/sdk'
import type { AgentTool } from './tools.ts'

type Input = Record<string, unknown>
type Asked = { readonly tool: AgentTool; readonly input: Input }

/**
 * A refused call with what it left open, where only one thing can be meant: the session's only wallet on the network that
 * it names, and every network of a wallet whose holdings are asked for. Undefined where there is a choice to make.
 */
export async function asMeant(error: unknown, asked: Asked, connectInfo: () => Promise<unknown>) {
  const code = error instanceof WAIaaSError ? error.code : undefined
  if (code === 'NETWORK_REQUIRED') return everyNetwork(asked)
  return code === 'WALLET_ID_REQUIRED' ? onItsOnlyWallet(asked, connectInfo) : undefined
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

async function onItsOnlyWallet({ tool, input }: Asked, connectInfo: () => Promise<unknown>) {
  const { walletField } = tool
  const network = NetworkName.safeParse(input.network)
  if (walletField === undefined || !isOpen(input[walletField]) || !network.success) return undefined
  const wallets = await walletsOf(connectInfo)
  const [only, ...others] = wallets.filter(({ availableNetworks }) => availableNetworks.includes(network.data))
  return only && others.length === 0 ? { ...input, [walletField]: only.id } : undefined
}

/** Empty text names nothing. */
const isOpen = (value: unknown): boolean => (value ?? '') === ''
