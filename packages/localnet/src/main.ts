// Runs the localnet in the foreground until SIGINT or SIGTERM: npm run localnet -- --help
import { parseArgs } from 'node:util'
import { evmFaucet } from './evm/fixtures.ts'
import { type Localnet, startLocalnet } from './localnet.ts'

const usage = `Runs a local EVM node and a local Solana VM until it is stopped.

  --evm-port <port>      default 8545, or WAIAAS_LOCALNET_EVM_PORT; 0 is any free port
  --solana-port <port>   default 8899, or WAIAAS_LOCALNET_SOLANA_PORT; 0 is any free port
  --block-time <seconds> default: an EVM block for each transaction
  --slot-ms <ms>         default 400
  --chain-id <number>    chain id of the EVM node [31337]
  --genesis <hash>       genesis hash of the Solana VM`

const integer = (name: string, text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`expected ${name} as a whole number, got "${text}"`)
  return Number(text)
}

function settings() {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      'evm-port': text,
      'solana-port': text,
      'block-time': text,
      'slot-ms': text,
      'chain-id': text,
      genesis: text,
      help: { type: 'boolean' },
    },
  })
  const { env } = process
  const blockTime = values['block-time']
  if (blockTime !== undefined && !/^\d+(\.\d+)?$/.test(blockTime)) {
    throw new Error(`expected --block-time in seconds, got "${blockTime}"`)
  }
  return {
    help: values.help ?? false,
    evm: {
      port: integer('the EVM port', values['evm-port'] ?? env.WAIAAS_LOCALNET_EVM_PORT ?? '8545'),
      ...(blockTime === undefined ? {} : { blockTime: Number(blockTime) }),
      ...(values['chain-id'] === undefined ? {} : { chainId: integer('--chain-id', values['chain-id']) }),
    },
    solana: {
      port: integer('the Solana port', values['solana-port'] ?? env.WAIAAS_LOCALNET_SOLANA_PORT ?? '8899'),
      slotMs: integer('--slot-ms', values['slot-ms'] ?? '400'),
      ...(values.genesis === undefined ? {} : { genesisHash: values.genesis }),
    },
  }
}

function report({ evm, solana, evmFixtures, solanaFixtures }: Localnet): string {
  return `local-evm     ${evm.url}  (eip155:${evm.chainId})
  faucet      ${evmFaucet}  (unlocked: eth_sendTransaction; or anvil_setBalance)
  token       ${evmFixtures.plainToken}  PLAIN, 18 decimals
  odd token   ${evmFixtures.oddToken}  ODD, 6 decimals, returns nothing
  permit      ${evmFixtures.permitToken}  TUSD, 6 decimals, EIP-2612 and EIP-3009
  multicall3  ${evmFixtures.multicall3}
  ETH / USD   ${evmFixtures.priceFeed}
  sink        ${evmFixtures.sink}

local-solana  ${solana.url}  ${solana.wsUrl}  (genesis ${solana.genesisHash})
  faucet      ${solana.faucet}  (requestAirdrop)
  SPL mint    ${solanaFixtures.splMint}  6 decimals
  Token-2022  ${solanaFixtures.token2022Mint}  9 decimals
  with fee    ${solanaFixtures.token2022FeeMint}  6 decimals, 1 % on transfer

localnet ready`
}

async function main() {
  const { help, ...options } = settings()
  if (help) {
    console.log(usage)
    return
  }
  // Heard from the first moment on: a stop during the start must not leave a node behind.
  const asked = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.resolve())
  const localnet = await startLocalnet(options)
  console.log(report(localnet))
  await asked.promise
  await localnet.stop()
}

try {
  await main()
} catch (error) {
  console.error(`localnet: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
