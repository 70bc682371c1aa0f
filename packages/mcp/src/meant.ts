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

async function onItsOnlyWallet({ tool, input }: Asked, connectInfo: () => Promise<unknown>) {
  const { walletField } = tool
  const network = NetworkName.safeParse(input.network)
  if (walletField === undefined || !isOpen(input[walletField]) || !network.success) return undefined
  // Where it cannot be told, the choice stays with the model.
  const info = operations.getConnectInfo.output.safeParse(await connectInfo().catch(() => undefined))
  const wallets = info.success ? info.data.wallets : []
  const [only, ...others] = wallets.filter(({ availableNetworks }) => availableNetworks.includes(network.data))
  return only && others.length === 0 ? { ...input, [walletField]: only.id } : undefined
}

/** Empty text names nothing. */
const isOpen = (value: unknown): boolean => (value ?? '') === ''
