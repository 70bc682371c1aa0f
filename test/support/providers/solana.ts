import type { Profile } from './profile.ts'

/** Kinds of endpoints for Solana, as providers describe them and as others met them. */
export const solanaProfiles: readonly Profile[] = [
  {
    name: 'solana-public',
    chain: 'Solana',
    what: 'The public endpoint: so many requests in ten seconds, fewer for each method, HTTP 429 beyond.',
    sources: [
      {
        url: 'https://solana.com/docs/references/clusters',
        kind: 'documented',
        says: '100 requests in ten seconds for an address, 40 of one method; limits may change',
      },
      {
        url: 'https://github.com/solana-labs/solana-program-library/issues/2784',
        kind: 'reported',
        says: 'error 429, "Too many requests for a specific RPC call"',
      },
      {
        url: 'https://github.com/solana-labs/solana/pull/17064',
        kind: 'documented',
        says: 'the header Retry-After says when to come back',
      },
      {
        url: 'https://github.com/solana-labs/solana/issues/20973',
        kind: 'reported',
        says: 'questions by token program are -32010, "excluded from account secondary indexes"',
      },
      { url: '', kind: 'assumed', says: 'that calls of a batch count one by one' },
    ],
    scaled: 'the limits of ten seconds in one: a local slot takes 50 milliseconds, not 400',
    habits: {
      without: [
        {
          methods: ['getTokenAccountsByOwner'],
          refuses: 'call',
          refusal: {
            status: 200,
            says: {
              code: -32010,
              message:
                'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA excluded from account secondary indexes; this RPC method unavailable for key',
            },
          },
        },
      ],
      rates: [
        {
          perSecond: 100,
          most: 100,
          refuses: 'request',
          refusal: {
            status: 429,
            headers: { 'retry-after': '1' },
            says: { code: 429, message: 'Too many requests from your IP, contact your app developer' },
          },
        },
        {
          perSecond: 40,
          most: 40,
          for: 'each method',
          refuses: 'request',
          refusal: {
            status: 429,
            headers: { 'retry-after': '1' },
            says: { code: 429, message: 'Too many requests for a specific RPC call, contact your app developer' },
          },
        },
      ],
    },
  },
  {
    name: 'helius-free',
    chain: 'Solana',
    what: "Helius' free tier: few requests a second, fewer sends, and no batches.",
    sources: [
      {
        url: 'https://www.helius.dev/docs/billing/rate-limits',
        kind: 'documented',
        says: '10 requests a second and one sendTransaction, HTTP 429 beyond',
      },
      { url: '', kind: 'assumed', says: 'that batches are refused with HTTP 403: some plans are said to have none' },
    ],
    scaled: '200 requests and 20 sends a second',
    habits: {
      batches: {
        most: 0,
        answers: 'one',
        refusal: { status: 403, says: { code: -32403, message: 'Batch requests are only available for paid plans' } },
      },
      rates: [
        {
          perSecond: 200,
          most: 200,
          refuses: 'call',
          refusal: { status: 429, says: { code: -32429, message: 'rate limited' } },
        },
        {
          perSecond: 20,
          most: 20,
          methods: ['sendTransaction'],
          refuses: 'call',
          refusal: { status: 429, says: { code: -32429, message: 'sendTransaction rate limited' } },
        },
      ],
    },
  },
  {
    name: 'triton',
    chain: 'Solana',
    what: 'Triton: a budget for an address and one for each method over ten seconds, counted inside of batches.',
    sources: [
      {
        url: 'https://docs.triton.one/using-your-endpoint/rate-and-connection-limits',
        kind: 'documented',
        says: 'requests in a rolling window of ten seconds, in total and by method',
      },
      {
        url: 'https://docs.triton.one/solana/faq/error-handling/handle-429-rate-limit-errors',
        kind: 'documented',
        says: 'HTTP 429 for the request, which was not passed on; the message says which limit it was',
      },
      {
        url: 'https://docs.p2p.org/docs/syncro-sender-pricing-rate-limits',
        kind: 'documented',
        says: 'another provider: HTTP 429 with -32005 "Rate limit exceeded" and Retry-After: 1',
      },
    ],
    scaled: '200 calls in total and 60 of a method in one second',
    habits: {
      rates: [
        {
          perSecond: 200,
          most: 200,
          refuses: 'request',
          refusal: {
            status: 429,
            headers: { 'retry-after': '1' },
            says: { code: -32005, message: 'Rate limit exceeded' },
          },
        },
        {
          perSecond: 60,
          most: 60,
          for: 'each method',
          refuses: 'request',
          refusal: {
            status: 429,
            says: { code: 429, message: 'Connection rate limits exceeded, contact support@rpcpool.com' },
          },
        },
      ],
    },
  },
  {
    name: 'alchemy-solana',
    chain: 'Solana',
    what: 'A provider that refuses the priority fees of recent blocks with HTTP 400 and answers batches in any order.',
    sources: [
      {
        url: 'https://github.com/velocity-exchange/keeper-bots-v2/issues/147',
        kind: 'reported',
        says: 'HTTP 400, -32602 "Unsupported method: getRecentPrioritizationFees"',
      },
      {
        url: 'https://www.alchemy.com/docs/reference/batch-requests',
        kind: 'documented',
        says: 'calls of a batch are done and answered in any order',
      },
    ],
    habits: {
      backwards: true,
      without: [
        {
          methods: ['getRecentPrioritizationFees'],
          refuses: 'request',
          refusal: {
            status: 400,
            says: {
              code: -32602,
              message:
                'Unsupported method: getRecentPrioritizationFees. See available methods at https://docs.alchemy.com/alchemy/documentation/apis',
            },
          },
        },
      ],
    },
  },
  {
    name: 'few-methods',
    chain: 'Solana',
    what: 'A server of its own make: no first available block, no token accounts by owner, no priority fees.',
    sources: [
      {
        url: 'https://github.com/lamports-dev/alpamayo/pull/31',
        kind: 'reported',
        says: 'getFirstAvailableBlock came later than the rest',
      },
      {
        url: 'https://github.com/solana-labs/solana/pull/11343',
        kind: 'reported',
        says: 'getTokenAccountsByOwner is not enabled on all nodes',
      },
      {
        url: 'https://github.com/bmresearch/Solnet/issues/282',
        kind: 'reported',
        says: 'error 410, "The RPC call or parameters have been disabled."',
      },
    ],
    habits: {
      without: [
        {
          methods: ['getFirstAvailableBlock', 'getRecentPrioritizationFees'],
          refuses: 'call',
          refusal: { status: 200, says: { code: -32601, message: 'Method not found' } },
        },
        {
          methods: ['getTokenAccountsByOwner'],
          refuses: 'call',
          refusal: { status: 410, says: { code: 410, message: 'The RPC call or parameters have been disabled.' } },
        },
      ],
    },
  },
  {
    name: 'no-batches-solana',
    chain: 'Solana',
    what: 'A server that takes single calls only and says so in plain text.',
    sources: [
      {
        url: 'https://github.com/solana-foundation/surfpool/issues/717',
        kind: 'reported',
        says: 'a batch is "rejected due to not being a single method call"',
      },
      {
        url: 'https://github.com/solana-developers/solana-cookbook/pull/535',
        kind: 'reported',
        says: 'many endpoints have batches off',
      },
      { url: '', kind: 'assumed', says: 'the status 400' },
    ],
    habits: {
      batches: {
        most: 0,
        answers: 'one',
        refusal: {
          status: 400,
          headers: { 'content-type': 'text/plain' },
          says: 'Request rejected due to not being a single method call',
        },
      },
    },
  },
  {
    name: 'large-numbers',
    chain: 'Solana',
    what: 'Integers beyond what a JavaScript number holds: a rent epoch above 64 bits, wallets with more than 2^53 lamports; no priority fees to tell.',
    sources: [
      {
        url: 'https://github.com/anza-xyz/agave/issues/2950',
        kind: 'reported',
        says: 'some providers write the largest rent epoch as 18446744073709552000',
      },
      {
        url: 'https://github.com/solana-labs/solana/issues/30341',
        kind: 'documented',
        says: 'lamports are plain JSON integers of 64 bits',
      },
      { url: '', kind: 'assumed', says: 'null for the priority fees, met where an endpoint has a cache for them' },
    ],
    habits: { solana: { rentEpoch: 18_446_744_073_709_552_000n, funds: 2n ** 53n + 1_000_000_001n, fees: null } },
  },
  {
    name: 'load-balanced-solana',
    chain: 'Solana',
    what: 'Nodes at different slots behind one address.',
    sources: [
      {
        url: 'https://nullrabbit.ai/symptoms/different-blockhash-across-rpc-endpoints-stale-getaccountinfo',
        kind: 'documented',
        says: 'each node answers from its own position; a balancer rotates over nodes at different slots',
      },
      {
        url: 'https://subglow.io/grpc-errors/node-is-behind',
        kind: 'documented',
        says: 'a node that is some slots behind answers like the others',
      },
    ],
    habits: { behind: { blocks: 6, every: 3 } },
  },
]
