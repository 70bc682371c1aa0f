import type { Profile, Refusal } from './profile.ts'

const gwei = 10n ** 9n

/** The fee that every public endpoint of the EVM asks for: what is refused in other words by each. */
const rejected = (status: number, code: number, message: string, more: object = {}): Refusal => ({
  status,
  says: { code, message },
  ...more,
})

/** Kinds of endpoints for EVM networks, as providers describe them and as others met them. */
export const evmProfiles: readonly Profile[] = [
  {
    name: 'self-hosted-geth',
    chain: 'EVM',
    what: 'A node of your own that keeps the newest states only and limits batches.',
    sources: [
      {
        url: 'https://github.com/ethereum/go-ethereum/issues/20874',
        kind: 'documented',
        says: 'a full node prunes states older than 128 blocks and answers "missing trie node" beyond',
      },
      {
        url: 'https://github.com/base/node/issues/234',
        kind: 'reported',
        says: 'too many calls get one error for all, -32600 "batch too large", with status 200',
      },
    ],
    scaled: '8 blocks of state in place of 128, 20 calls in place of 1,000',
    habits: {
      batches: { most: 20, answers: 'one', refusal: rejected(200, -32600, 'batch too large') },
      evm: {
        states: {
          blocks: 8,
          refusal: rejected(200, -32000, 'missing trie node b03d68ac51042467d7637d4ef9e1c52370abc410 (path )'),
        },
      },
    },
  },
  {
    name: 'nethermind',
    chain: 'EVM',
    what: 'Nethermind: errors without words, and known transactions are an error of their own code.',
    sources: [
      {
        url: 'https://github.com/NethermindEth/nethermind/issues/9408',
        kind: 'reported',
        says: 'a state that was pruned is -32603 "Internal error", with the exception in data',
      },
      {
        url: 'https://github.com/ethpandaops/ethereum-package/issues/276',
        kind: 'reported',
        says: 'bytes that it has are -32010 "AlreadyKnown"',
      },
    ],
    scaled: '8 blocks of state',
    habits: {
      words: [{ of: 'already', refusal: rejected(200, -32010, 'AlreadyKnown') }],
      evm: {
        states: {
          blocks: 8,
          refusal: {
            status: 200,
            says: { code: -32603, message: 'Internal error', data: 'Nethermind.Trie.MissingTrieNodeException: Node A' },
          },
        },
      },
    },
  },
  {
    name: 'besu',
    chain: 'EVM',
    what: 'Besu: errors of a single call come with HTTP 400, unknown tags are unknown blocks.',
    sources: [
      {
        url: 'https://github.com/ethers-io/ethers.js/issues/1183',
        kind: 'reported',
        says: 'HTTP 400 with the JSON-RPC error -32000 "Known transaction"',
      },
      {
        url: 'https://github.com/ethereum/execution-apis/pull/879',
        kind: 'documented',
        says: 'without a forkchoice, "finalized" is -39001 "Unknown block"',
      },
    ],
    habits: {
      words: [{ of: 'already', refusal: rejected(400, -32000, 'Known transaction') }],
      evm: { tags: { unknown: ['finalized', 'safe'], refusal: rejected(400, -39001, 'Unknown block') } },
    },
  },
  {
    name: 'erigon',
    chain: 'EVM',
    what: 'Erigon with a limit for batches, which older versions answer and newer ones meet by closing the connection.',
    sources: [
      {
        url: 'https://github.com/erigontech/erigon/issues/18074',
        kind: 'reported',
        says: 'the connection is dropped when a batch is above the limit',
      },
      {
        url: 'https://github.com/erigontech/erigon/issues/7072',
        kind: 'reported',
        says: 'before that: one error with id null, "batch limit 100 exceeded: 142 requests given"',
      },
    ],
    scaled: '20 calls in place of 100',
    habits: { batches: { most: 20, answers: 'one', refusal: 'hangs up' } },
  },
  {
    name: 'drpc-free',
    chain: 'EVM',
    what: "dRPC's free tier: at most three calls a batch, refused with HTTP 500, and compute units by the minute.",
    sources: [
      {
        url: 'https://drpc.org/docs/howitworks/ratelimiting',
        kind: 'documented',
        says: '120,000 units a minute, about 100 eth_call a second; batches are limited to 3 items',
      },
      {
        url: 'https://github.com/blockscout/blockscout/pull/14211',
        kind: 'reported',
        says: 'each call of a larger batch gets error 31, "Batch of more than 3 requests are not allowed on free tier"',
      },
      {
        url: 'https://github.com/hemilabs/ui-monorepo/pull/887',
        kind: 'reported',
        says: 'larger batches come back with status 500',
      },
      { url: '', kind: 'assumed', says: 'the answer above the rate: HTTP 429 with a JSON-RPC error' },
    ],
    scaled: 'the units of a second, 100 calls, can be saved up for one second only',
    habits: {
      batches: {
        most: 3,
        answers: 'each',
        refusal: rejected(
          500,
          31,
          'Batch of more than 3 requests are not allowed on free tier, to use this feature register paid account at drpc.org',
        ),
      },
      rates: [{ perSecond: 100, most: 100, refuses: 'call', refusal: rejected(429, 15, 'Too many request') }],
    },
  },
  {
    name: 'alchemy-free',
    chain: 'EVM',
    what: "Alchemy's free tier: units by the second, calls of a batch in any order and refused one by one.",
    sources: [
      {
        url: 'https://www.alchemy.com/docs/reference/throughput',
        kind: 'documented',
        says: '500 units a second over ten seconds; HTTP 429, and error 429 in JSON-RPC, above that',
      },
      {
        url: 'https://www.alchemy.com/docs/reference/compute-unit-costs',
        kind: 'documented',
        says: 'most methods cost 20 units; of throughput eth_sendRawTransaction takes 250, eth_getBlockReceipts 500',
      },
      {
        url: 'https://www.alchemy.com/docs/reference/batch-requests',
        kind: 'documented',
        says: 'at most 1,000 calls a batch, done at the same time and answered in any order',
      },
    ],
    scaled: '6,000 units a second in place of 500: a local block takes a quarter of a second, not twelve',
    habits: {
      backwards: true,
      batches: { most: 1_000, answers: 'one', refusal: rejected(400, -32600, 'batch limit of 1000 exceeded') },
      rates: [
        {
          perSecond: 6_000,
          most: 6_000,
          costs: {
            eth_chainId: 0,
            eth_maxPriorityFeePerGas: 10,
            eth_call: 26,
            eth_getBalance: 20,
            eth_getBlockByNumber: 20,
            eth_getBlockReceipts: 500,
            eth_getTransactionReceipt: 20,
            eth_getTransactionByHash: 20,
            eth_getTransactionCount: 20,
            eth_getCode: 20,
            eth_estimateGas: 20,
            eth_gasPrice: 20,
            eth_sendRawTransaction: 250,
          },
          refuses: 'call',
          refusal: rejected(429, 429, 'Your app has exceeded its compute units per second capacity.'),
        },
      ],
    },
  },
  {
    name: 'infura-free',
    chain: 'EVM',
    what: "Infura's free tier: credits by the second, and a batch that costs more than is left is refused as a whole.",
    sources: [
      {
        url: 'https://docs.metamask.io/services/get-started/pricing/',
        kind: 'documented',
        says: '500 credits a second; calls of a batch are counted, and so is the batch itself',
      },
      {
        url: 'https://docs.metamask.io/services/get-started/pricing/credit-cost',
        kind: 'documented',
        says: 'a method costs 80 credits unless another number is given',
      },
      {
        url: 'https://docs.infura.io/api/networks/ethereum/how-to/avoid-rate-limiting',
        kind: 'documented',
        says: 'HTTP 429 with -32005 "project ID request rate exceeded", current and allowed rate and backoff_seconds',
      },
      { url: '', kind: 'assumed', says: 'that the header Retry-After goes with it' },
    ],
    scaled: '8,000 credits a second in place of 500, and a second to wait in place of thirty',
    habits: {
      rates: [
        {
          perSecond: 8_000,
          most: 8_000,
          costs: Object.fromEntries(
            [
              'eth_getBlockByNumber',
              'eth_getBlockReceipts',
              'eth_getTransactionReceipt',
              'eth_getTransactionByHash',
              'eth_getTransactionCount',
              'eth_getBalance',
              'eth_getCode',
              'eth_call',
              'eth_estimateGas',
              'eth_gasPrice',
              'eth_maxPriorityFeePerGas',
              'eth_sendRawTransaction',
            ].map((method) => [method, 80]),
          ),
          refuses: 'request',
          refusal: {
            status: 429,
            headers: { 'retry-after': '1' },
            says: {
              code: -32005,
              message: 'project ID request rate exceeded',
              data: {
                see: 'https://infura.io/docs/ethereum/jsonrpc/ratelimits',
                current_rps: 13.333,
                allowed_rps: 10,
                backoff_seconds: 1,
              },
            },
          },
        },
      ],
    },
  },
  {
    name: 'quicknode',
    chain: 'EVM',
    what: 'QuickNode: calls of a batch count one by one, and those beyond the rate get error 429 inside of it.',
    sources: [
      {
        url: 'https://support.quicknode.com/hc/en-us/articles/12002099702289-429-Errors-Explained',
        kind: 'documented',
        says: 'a batch of 26 calls at 25 a second gives 25 answers and one error',
      },
      {
        url: 'https://github.com/palomachain/paloma/issues/1165',
        kind: 'reported',
        says: 'what is too large comes with HTTP 413 and a JSON-RPC error',
      },
      { url: '', kind: 'assumed', says: 'the number of calls from which a batch is too large' },
    ],
    scaled: '150 calls a second in place of 25, 50 calls a batch',
    habits: {
      batches: { most: 50, answers: 'one', refusal: rejected(413, -32614, 'Request Entity Too Large') },
      rates: [
        {
          perSecond: 150,
          most: 150,
          refuses: 'call',
          refusal: rejected(429, 429, '150/second request limit reached - reduce calls per second'),
        },
      ],
    },
  },
  {
    name: 'cloudflare-gateway',
    chain: 'EVM',
    what: 'A gateway with a list of methods: HTTP 403 for every other one, a page instead of JSON.',
    sources: [
      {
        url: 'https://developers.cloudflare.com/web3/ethereum-gateway/reference/supported-api-methods/',
        kind: 'documented',
        says: 'the methods are listed, without eth_getBlockReceipts and eth_maxPriorityFeePerGas; others get 403',
      },
      {
        url: 'https://github.com/cloudflare/cloudflare-docs/issues/4057',
        kind: 'reported',
        says: 'eth_feeHistory is not supported',
      },
      { url: '', kind: 'assumed', says: 'that one such call takes its batch with it, and that the body is HTML' },
    ],
    habits: {
      without: [
        {
          methods: ['eth_getBlockReceipts', 'eth_maxPriorityFeePerGas', 'eth_feeHistory'],
          refuses: 'request',
          refusal: {
            status: 403,
            headers: { 'content-type': 'text/html' },
            says: '<html><head><title>403 Forbidden</title></head><body>403 Forbidden</body></html>',
          },
        },
      ],
    },
  },
  {
    name: 'no-batches',
    chain: 'EVM',
    what: 'A server that takes no batches and says so with the code that elsewhere means too many requests.',
    sources: [
      {
        url: 'https://docs.rs/jsonrpsee-types/latest/jsonrpsee_types/error/index.html',
        kind: 'documented',
        says: 'BATCHES_NOT_SUPPORTED_CODE is -32005, "Batched requests are not supported by this server"',
      },
      {
        url: 'https://github.com/hiero-ledger/hiero-json-rpc-relay/issues/1820',
        kind: 'reported',
        says: 'another server answers -32600 "Invalid Request" with id null',
      },
    ],
    habits: {
      batches: {
        most: 0,
        answers: 'one',
        refusal: rejected(200, -32005, 'Batched requests are not supported by this server'),
      },
    },
  },
  {
    name: 'bor',
    chain: 'EVM',
    what: 'Polygon: a tip of 25 gwei at least, less suggested; block receipts without a price, and of transactions that are in no block.',
    sources: [
      {
        url: 'https://github.com/WayfinderFoundation/wayfinder-paths-sdk/pull/379',
        kind: 'reported',
        says: '"transaction gas price below minimum: gas tip cap X, minimum needed 25000000000"',
      },
      {
        url: 'https://github.com/0xPolygon/launch/issues/62',
        kind: 'reported',
        says: 'eth_maxPriorityFeePerGas suggests less than the node takes',
      },
      {
        url: 'https://github.com/0xPolygon/bor/issues/1148',
        kind: 'reported',
        says: 'receipts of a block have no effectiveGasPrice',
      },
      {
        url: 'https://github.com/0xPolygon/bor/issues/1801',
        kind: 'reported',
        says: 'state-sync transactions have receipts with null for gas and price',
      },
      {
        url: 'https://newreleases.io/project/github/0xPolygon/bor/release/v0.3.4-beta3',
        kind: 'documented',
        says: '100 calls a batch by default',
      },
    ],
    scaled: '20 calls in place of 100',
    habits: {
      batches: { most: 20, answers: 'one', refusal: rejected(200, -32600, 'batch limit 20 exceeded') },
      evm: {
        receipts: { ofBlock: { effectiveGasPrice: undefined } },
        systemReceipts: true,
        tip: {
          suggests: 1_500_000_000n,
          least: 25n * gwei,
          refusal: rejected(
            200,
            -32000,
            'transaction gas price below minimum: gas tip cap %tip, minimum needed %least',
          ),
        },
      },
    },
  },
  {
    name: 'prices-missing',
    chain: 'EVM',
    what: 'Receipts whose effectiveGasPrice is null, alone and of a block.',
    sources: [
      {
        url: 'https://github.com/METADIUM/go-metadium/issues/105',
        kind: 'reported',
        says: 'eth_getTransactionReceipt and eth_getBlockReceipts answer null for every transaction',
      },
      {
        url: 'https://github.com/celo-org/op-geth/issues/383',
        kind: 'reported',
        says: 'null in receipts of older transactions',
      },
    ],
    habits: { evm: { receipts: { single: { effectiveGasPrice: null }, ofBlock: { effectiveGasPrice: null } } } },
  },
  {
    name: 'legacy-chain',
    chain: 'EVM',
    what: 'A chain from before EIP-1559: no base fee, no tags of finality, receipts without price and with a root for a status.',
    sources: [
      {
        url: 'https://github.com/iotexproject/iotex-core/issues/4942',
        kind: 'reported',
        says: '"finalized" is -32603, strconv.ParseUint: parsing "finalized": invalid syntax',
      },
      {
        url: 'https://github.com/icerockdev/moko-web3/issues/67',
        kind: 'reported',
        says: 'receipts have no effectiveGasPrice',
      },
      {
        url: 'https://eips.ethereum.org/EIPS/eip-658',
        kind: 'documented',
        says: 'receipts had a root in place of a status before Byzantium; here those of other senders have',
      },
    ],
    habits: {
      without: [
        {
          methods: ['eth_maxPriorityFeePerGas', 'eth_feeHistory', 'eth_getBlockReceipts'],
          refuses: 'call',
          refusal: rejected(200, -32601, 'the method does not exist/is not available'),
        },
      ],
      evm: {
        isLegacy: true,
        tags: {
          unknown: ['finalized', 'safe'],
          refusal: rejected(200, -32603, 'strconv.ParseUint: parsing "finalized": invalid syntax'),
        },
        receipts: {
          single: { effectiveGasPrice: undefined },
          foreign: { status: null, root: `0x${'7'.repeat(64)}`, type: undefined },
        },
      },
    },
  },
  {
    name: 'load-balanced-evm',
    chain: 'EVM',
    what: 'Nodes at different heights behind one address.',
    sources: [
      {
        url: 'https://github.com/INFURA/infura/issues/30',
        kind: 'reported',
        says: 'receipts of mined transactions are null now and then, and their blocks not known',
      },
      {
        url: 'https://github.com/llamanodes/web3-proxy/issues/232',
        kind: 'reported',
        says: 'nodes behind one address differ in version and in what they know',
      },
    ],
    habits: { behind: { blocks: 2, every: 3 } },
  },
]
