import type { TestDaemon } from './daemon.ts'
import type { TestWallet } from './wallets.ts'

type Answer = {
  readonly id: unknown
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Record<string, unknown> }
}

/** The chain of the local node. */
const CHAIN_ID = 31_337

export const proxyUrl = ({ url }: Pick<TestDaemon, 'url'>, { id }: Pick<TestWallet, 'id'>, chain = CHAIN_ID): string =>
  `${url}/v1/rpc-evm/${id}/${chain}`

type Sending = { readonly headers?: Record<string, string>; readonly url?: string; readonly signal?: AbortSignal }

/** A wallet as a node: one request, or what its body says. */
export function asNode(daemon: TestDaemon, wallet: TestWallet) {
  const post = async (body: unknown, { headers, url = proxyUrl(daemon, wallet), signal }: Sending = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${wallet.token}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal && { signal }),
    })
    const text = await response.text()
    return { status: response.status, text, answer: (text === '' ? undefined : JSON.parse(text)) as Answer }
  }
  return {
    post,
    ask: async (method: string, params: unknown[] = [], sending?: Sending): Promise<Answer> =>
      (await post({ jsonrpc: '2.0', id: 1, method, params }, sending)).answer,
  }
}
