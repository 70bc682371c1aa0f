import { randomBytes } from 'node:crypto'
import { type Failure, newId, type TypedDataInput } from '@waiaas/contract'
import { deployEvmFixtures, mintToken } from '@waiaas/localnet'
import type { KeyringRow } from '../../packages/daemon/src/keys/service.ts'
import { openDatabase } from '../../packages/daemon/src/platform/db/database.ts'
import { migrations, startEvm, startPipeline } from '../../packages/daemon/test/pipeline-bed.ts'
import { preparedPostgresDatabase } from './prepared.ts'

export const SPENDER = '0x00000000000000000000000000000000000000b2'
export const OTHER = '0x00000000000000000000000000000000000000b3'
/** Base units of so many dollars. */
export const usd = (dollars: number): string => String(dollars * 1_000_000)
/** The fields of a type, as they stand in its hash. */
export const fieldsOf = (text: string) =>
  text.split(',').map((each) => {
    const [type, name] = each.split(' ')
    return { name: name!, type: type! }
  })
const PERMIT = fieldsOf('address owner,address spender,uint256 value,uint256 nonce,uint256 deadline')
const AUTHORIZATION = fieldsOf(
  'address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce',
)

export type Bed = Awaited<ReturnType<typeof startPipeline>>
export type Wallet = Awaited<ReturnType<Bed['wallet']>>
/** Takes what has to be done at the end. */
type AtEnd = (stop: () => Promise<void>) => unknown
type Asked = { key?: string; session?: string }

/** Test support: a chain with a token that takes permits and signed transfers, a dollar each and six decimals. */
export async function permitChain() {
  const node = await startEvm({ extraArgs: ['--slots-in-an-epoch', '1'] })
  const token = (await deployEvmFixtures(node)).permitToken.toLowerCase()
  const asset = `eip155:31337/erc20:${token}`
  await mintToken(node, token, { to: OTHER, amount: 10n ** 15n })
  async function seconds(): Promise<number> {
    const block = (await node.rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }
    return Number(block.timestamp)
  }
  const permit = async (from: Wallet, message: object = {}, domain: object = {}): Promise<TypedDataInput> => ({
    domain: { name: 'Test USD', version: '2', chainId: 31_337, verifyingContract: token, ...domain },
    types: { Permit: PERMIT },
    primaryType: 'Permit',
    message: {
      ...{ owner: from.address, spender: SPENDER, value: usd(8), nonce: 0 },
      deadline: (await seconds()) + 600,
      ...message,
    },
  })
  return {
    node,
    token,
    asset,
    seconds,
    permit,
    transferBy: async (from: Wallet, to: string, value: string): Promise<TypedDataInput> => ({
      ...(await permit(from)),
      types: { TransferWithAuthorization: AUTHORIZATION },
      primaryType: 'TransferWithAuthorization',
      message: {
        ...{ from: from.address, to, value, validAfter: 0, validBefore: (await seconds()) + 600 },
        nonce: `0x${randomBytes(32).toString('hex')}`,
      },
    }),
    /** It may let that one spender take that one token: for twelve dollars a day. */
    async allow(bed: Bed, from: Wallet): Promise<void> {
      await bed.limit(from.id, { instant_max_usd: 10, notify_max_usd: 100, delay_max_usd: 500, daily_limit_usd: 12 })
      await add(bed, from, 'ALLOWED_TOKENS', { tokens: [{ address: token }] })
      await add(bed, from, 'APPROVED_SPENDERS', { spenders: [{ address: SPENDER }] })
    },
    /** Daemons over one database, with a clock that can be moved. */
    async world(engine: 'sqlite' | 'postgres', atEnd: AtEnd) {
      const time = { shift: (await seconds()) * 1_000 - Date.now() }
      const clock = { now: () => Date.now() + time.shift, latest: () => Date.now() + time.shift }
      const url = engine === 'postgres' ? await preparedPostgresDatabase() : undefined
      async function boot(keyring?: KeyringRow): Promise<Bed> {
        const database = await openDatabase({ ...(url ? { url } : { path: ':memory:' }), migrations })
        // Fees of next to nothing, so that what is signed and what is sent are worth the same.
        const oracle = { fixed: { [asset]: '1', 'native:local-evm': '0.01' } }
        const bed = await startPipeline(database, node, keyring, clock, oracle)
        atEnd(async () => {
          await bed.stop()
          await database.close()
        })
        return bed
      }
      const bed = await boot()
      return {
        ...{ bed, boot, clock, time },
        ...views(bed),
        /** Lets ten minutes pass, for the daemon and in a block that is final. */
        async lapse(): Promise<void> {
          await node.rpc('evm_increaseTime', [620])
          await node.rpc('anvil_mine', ['0x4'])
          time.shift = (await seconds()) * 1_000 - Date.now()
        },
      }
    },
  }
}

/** Looks again soon. */
export const turn = () => new Promise((resolve) => setTimeout(resolve, 20))

function views({ database }: Bed) {
  const rows = (table: 'vouchers' | 'spends' | 'signatures') =>
    database.read((db) => db.query<Record<string, unknown>>((k) => k.selectFrom(table).selectAll()))
  const spend = async (id: string) =>
    (await rows('spends')).find(({ transaction_id: each }) => each === id)!.state as string
  return {
    rows,
    spend,
    /** How it counts when nobody can use it any more. */
    async ended(id: string): Promise<string> {
      while ((await spend(id)) === 'out') await turn()
      return spend(id)
    },
  }
}

export const add = (bed: Bed, from: Wallet, type: string, rules: object) =>
  bed.rules.create({ walletId: from.id, type, rules, priority: 0, enabled: true } as never)

export const sign = (bed: Bed, from: Wallet, typedData: TypedDataInput, { key = newId(), session }: Asked = {}) =>
  bed.service.signMessage(
    { typedData, signType: 'typedData', walletId: from.id },
    { sessionId: session ?? from.session, peer: '127.0.0.1', key, onDelivered: () => undefined },
  )

/** Why it is not signed now: the codes of the reasons, or that of the failure. */
export async function refused(...asked: Parameters<typeof sign>): Promise<string[]> {
  const failure = await sign(...asked).then(
    () => undefined,
    (error: Failure) => error,
  )
  const { reasons = [] } = (failure?.details ?? {}) as { reasons?: { code: string }[] }
  if (reasons.length > 0) return reasons.map(({ code }) => code)
  return failure ? [failure.code] : []
}
