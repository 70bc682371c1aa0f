const live = { runtime: true } as const
const number = (value: number, min: number, max: number) => ({ type: 'number' as const, default: value, min, max })

/** Of the JSON-RPC door, by which tools for EVM networks use a wallet as if it were a node. */
export const rpcProxySettings = {
  'rpc_proxy.enabled': {
    type: 'boolean',
    default: false as boolean,
    ...live,
    loosens: (from: boolean, to: boolean) => !from && to,
    summary:
      'Let sessions use a wallet as if it were a node, at /v1/rpc-evm/<wallet>/<chain id>. Policies decide there as everywhere.',
  },
  'rpc_proxy.delay_timeout_seconds': {
    ...number(300, 1, 3_600),
    ...live,
    summary: 'How many seconds a call of the JSON-RPC proxy waits for a payment that is delayed or takes its turn.',
  },
  'rpc_proxy.approval_timeout_seconds': {
    ...number(600, 1, 3_600),
    ...live,
    summary: 'How many seconds a call of the JSON-RPC proxy waits for a human.',
  },
} as const
