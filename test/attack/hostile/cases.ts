import { encodeFunctionData, type Hex, parseAbi } from 'viem'

/** Where a case takes place, and between whom. */
export type Scene = { readonly contract: Hex; readonly token: Hex; readonly me: Hex; readonly thief: Hex }

/**
 * What becomes of a case: it waits for a human; nothing leaves; all that leaves was judged before; what leaves beyond that is
 * noticed when it has, and the wallet is stopped; or it is refused, by these codes.
 */
type End = 'asked' | 'nothing' | 'judged' | 'noticed' | Refusal
type Refusal = (typeof NO)[keyof typeof NO]
const NO = {
  reverting: 'INVALID_TRANSACTION',
  spender: 'SPENDER_NOT_APPROVED',
  spenders: 'SPENDER_NOT_APPROVED SPENDER_NOT_APPROVED',
  operator: 'SPENDER_NOT_APPROVED UNLIMITED_APPROVE_BLOCKED',
  token: 'TOKEN_NOT_ALLOWED',
  tokens: 'TOKEN_NOT_ALLOWED TOKEN_NOT_ALLOWED',
} as const
export type Request = { readonly to: Hex; readonly data?: Hex; readonly value?: bigint } & Readonly<
  Record<string, unknown>
>

export type HostileCase = {
  readonly name: string
  /** Contract and token, as the files beside this one call them. */
  readonly contract: string
  readonly token: string
  readonly end: End
  /** What the wallet asks for; a call of `work()` unless said otherwise. */
  readonly request?: (scene: Scene) => Request
  /** What the wallet has allowed the contract to take before. */
  readonly allowed?: bigint
  readonly isUnlisted?: boolean
  /** Between the signature and the block: the contract is told, or the world becomes another one. */
  readonly meanwhile?: 'arm' | 'blocks' | 'time' | 'miner' | 'base fee' | 'gas limit' | 'money'
}

export const AMOUNT = 40n * 10n ** 18n
const abi = parseAbi([
  'function work()',
  'function multicall(bytes[])',
  'function execute(address,uint256,bytes)',
  'function odd(bytes)',
  'function approve(address,uint256)',
  'function transfer(address,uint256)',
  'function authorizeOperator(address)',
  'function transferFrom(address,address,uint256)',
])
const multicall = (...calls: Hex[]): Hex => encodeFunctionData({ abi, functionName: 'multicall', args: [calls] })
const nested = (depth: number, data: Hex): Hex => (depth === 0 ? data : multicall(nested(depth - 1, data)))
const execute = (to: Hex, data: Hex): Hex => encodeFunctionData({ abi, functionName: 'execute', args: [to, 0n, data] })
const odd = (size: number): Hex => encodeFunctionData({ abi, functionName: 'odd', args: [`0x${'5a'.repeat(size)}`] })
const approve = (spender: Hex, amount: bigint): Hex =>
  encodeFunctionData({ abi, functionName: 'approve', args: [spender, amount] })
const calling =
  (data: Hex) =>
  (scene: Scene): Request => ({ to: scene.contract, data })
const paying =
  (value: bigint) =>
  (scene: Scene): Request => ({ to: scene.contract, data: WORK, value })
export const WORK = encodeFunctionData({ abi, functionName: 'work' })

const by = (contract: string, end: End = 'judged', more: Partial<HostileCase> = {}): HostileCase => ({
  ...{ name: contract, contract, token: 'HonestToken', end },
  ...more,
})
/** The same theft of a token that behaves oddly, before it is judged and after. */
const of = (token: string, end: End = 'judged', more: Partial<HostileCase> = {}): HostileCase =>
  by('TakesDirectly', end, { name: token, token, ...more })
const later = (token: string, end: End = 'noticed'): HostileCase =>
  by('ChangesWhenArmed', end, { name: `${token} when armed`, token, meanwhile: 'arm' })

const ways: readonly HostileCase[] = [
  ...['TakesDirectly', 'TakesTwice', 'TakesByItself', 'TakesByALibrary', 'TakesByOldCallcode', 'TakesDeep'].map((one) =>
    by(one),
  ),
  ...['TakesAfterAFailure', 'TakesWhileMaking', 'TakesWhileMakingAgain', 'TakesByAssembly', 'TakesWithJunkBehind'].map(
    (one) => by(one),
  ),
  ...['TakesInPieces', 'TakesForManyThieves', 'TakesToItself', 'TakesToTheToken', 'TakesToAComputedPlace'].map((one) =>
    by(one),
  ),
  ...['TakesAndBombs', 'TakesAndBurnsGas', 'TakesWithALie', 'TakesAmongNoise', 'TakesByOrigin'].map((one) => by(one)),
  by('TakesInAFallback', 'judged', { request: calling('0xdeadbeef') }),
  by('TakesInAFallback', 'judged', { name: 'TakesInAFallback by a byte', request: calling('0x07') }),
  by('TakesOnReceipt', 'judged', { request: ({ contract }) => ({ to: contract, type: 'TRANSFER', amount: '1' }) }),
  by('TakesAndLosesTheLog', 'nothing'),
  by('TakesBehindACrowd', 'asked'),
  by('DoesNothing', 'nothing'),
  by('LiesOfTaking', 'nothing'),
  by('Refuses', NO.reverting),
  by('RefusesWithABomb', NO.reverting),
  by('RunsOutOfGas', NO.reverting),
  by('AllowsByOrigin', NO.spender),
  by('AllowsWithoutEnd', NO.operator),
  by('AllowsAComputedPlace', NO.spenders),
  by('AllowsAndTakesBack', 'nothing'),
  by('AllowsAndUses'),
  by('PermitsItself', NO.spender, { token: 'SignedToken' }),
  by('PermitsAndTakes', 'judged', { token: 'SignedToken' }),
  by('TakesWhatWasSigned', 'judged', { token: 'SignedToken' }),
  by('TakesByAHook', 'judged', { token: 'HookToken' }),
  by('Rebases', 'judged', { token: 'SharesToken' }),
  // The contract behind it, where the amounts are, is one of no list.
  by('TakesBehindTheFront', NO.token, { token: 'FrontToken' }),
  by('AllowsAllByOrigin', NO.operator, { token: 'CaseNfts' }),
  by('AllowsAllByOrigin', NO.operator, { name: 'AllowsAllByOrigin of items', token: 'CaseItems' }),
  by('AllowsByOrigin', 'asked', { name: 'AllowsByOrigin of an NFT', token: 'CaseNfts' }),
  by('TakesByOrigin', 'asked', { name: 'TakesByOrigin of an NFT', token: 'CaseNfts' }),
  by('TakesManyThings', 'asked', { token: 'CaseItems' }),
]

const values: readonly HostileCase[] = [
  ...['KeepsTheValue', 'PassesTheValueOn', 'GivesTheValueBack', 'EndsWithTheValue', 'EndsWhileMaking'].map((one) =>
    by(one, 'judged', { request: paying(10n ** 16n) }),
  ),
]

const hidden: readonly HostileCase[] = [
  ...['WaitsForOrigin', 'WaitsForNoCode', 'WaitsForTheHashOfNoCode', 'WaitsForMoney'].map((one) => by(one)),
  ...['WaitsForTheChain', 'WaitsForFewGas', 'WaitsForALimit', 'WaitsForBlobs'].map((one) => by(one)),
  ...['WaitsForARealTime', 'WaitsForABlock', 'WaitsForRandomness', 'WaitsForWholeData'].map((one) => by(one)),
  by('WaitsForEmptyNotes'),
  // They succeed where they are simulated and fail where a node lists whom they reach.
  ...['WaitsForGasPrice', 'WaitsForLowPrice', 'WaitsForAFreshPlace'].map((one) => by(one, 'asked')),
]

const changing: readonly HostileCase[] = [
  by('ChangesWithTheBlock', 'noticed', { meanwhile: 'arm' }),
  by('ChangesWithTime', 'noticed', { meanwhile: 'time' }),
  by('ChangesWithTheMiner', 'noticed', { meanwhile: 'miner' }),
  by('ChangesWithTheBaseFee', 'noticed', { meanwhile: 'base fee' }),
  by('ChangesWithTheLimit', 'noticed', { meanwhile: 'gas limit' }),
  by('ChangesWithMoney', 'noticed', { meanwhile: 'money' }),
  by('Proxy', 'noticed', { meanwhile: 'arm' }),
  by('CallsAnEmptyPlace', 'noticed', { meanwhile: 'arm' }),
  by('MakesAChangeling', 'noticed', { meanwhile: 'arm' }),
  by('ChangesTheAmount', 'noticed', { meanwhile: 'arm' }),
  by('ChangesFromBalanceToAllowance', 'noticed', { meanwhile: 'arm' }),
  by('ChangesToAllThings', 'noticed', { token: 'CaseItems', meanwhile: 'arm' }),
  by('ChangesToOrigin', 'noticed', { token: 'CaseNfts', meanwhile: 'arm' }),
  by('ChangesAndLies', 'noticed', { meanwhile: 'arm' }),
  by('ChangesTheFront', 'noticed', { token: 'FrontToken', meanwhile: 'arm' }),
  by('ChangesTheRate', 'noticed', { token: 'SharesToken', meanwhile: 'arm' }),
  by('ChangesOnReceipt', 'noticed', {
    meanwhile: 'arm',
    request: ({ contract }) => ({ to: contract, type: 'TRANSFER', amount: '1' }),
  }),
]

const ODD = [
  'SilentToken',
  'SilentExtraToken',
  'SmallTalkToken',
  'SplitTalkToken',
  'BackTalkToken',
  'OtherOwnerTalkToken',
]
const ODDER = ['PlainLogToken', 'NumberedLogToken', 'SentLogToken', 'DirtyLogToken', 'FeeToken', 'FeeOfReceiverToken']
const LYING = ['BombBalanceToken', 'NoBalanceToken', 'BurningBalanceToken', 'ConstantBalanceToken', 'FlatteringToken']
const tokens: readonly HostileCase[] = [
  ...[...ODD, ...ODDER, ...LYING].flatMap((one) => [of(one), later(one)]),
  ...['NothingReturnedToken', 'FalseToken', 'LongReturnToken', 'RisingBalanceToken', 'NoAllowanceToken'].map((one) =>
    of(one),
  ),
  of('BigTalkToken'),
  of('DoubleToken'),
  of('EndlessAllowanceToken'),
  of('PausedToken', NO.reverting),
  of('HonestToken', NO.token, { name: 'a token that no list has', isUnlisted: true }),
  of('SilentToken', NO.token, { name: 'a token of no list that says nothing', isUnlisted: true }),
  ...['TakesByALibrary', 'TakesDeep', 'TakesWhileMaking', 'TakesByOrigin', 'TakesAmongNoise', 'WaitsForOrigin'].map(
    (one) => by(one, NO.token, { name: `${one}, of no list and in silence`, token: 'SilentToken', isUnlisted: true }),
  ),
  // What says nothing and stays where it is in a simulation.
  ...(
    [
      ['ChangesWhenArmed', 'SilentToken', 'arm'],
      ['ChangesWhenArmed', 'SmallTalkToken', 'arm'],
      ['ChangesWithMoney', 'SilentToken', 'money'],
      ['Proxy', 'SilentToken', 'arm'],
      ['ChangesOnReceipt', 'SilentToken', 'arm'],
      ['ChangesTheFront', 'FrontToken', 'arm'],
    ] as const
  ).map(([one, token, meanwhile]) =>
    by(one, 'noticed', {
      ...{ name: `${one}, of no list: ${token}`, token, meanwhile, isUnlisted: true },
      ...(one === 'ChangesOnReceipt' && {
        request: ({ contract }: Scene): Request => ({ to: contract, type: 'TRANSFER', amount: '1' }),
      }),
    }),
  ),
  by('TakesBehindTheFront', NO.tokens, {
    ...{ name: 'TakesBehindTheFront, of no list', token: 'FrontToken', isUnlisted: true },
  }),
  of('CaseNfts', 'asked'),
  of('CaseItems', 'asked'),
  ...['RisingBalanceToken', 'CaseNfts', 'CaseItems'].map((one) => later(one)),
]

const approving = (token: string, end: End): HostileCase =>
  by('DoesNothing', end, {
    name: `an approval of ${token}`,
    ...{ token, allowed: 0n },
    request: (scene) => ({
      to: scene.contract,
      type: 'APPROVE',
      spender: scene.contract,
      amount: '7',
      token: { address: scene.token },
    }),
  })
const sending = (token: string, end: End): HostileCase =>
  by('DoesNothing', end, {
    name: `a payment of ${token}`,
    token,
    request: (scene) => ({ to: scene.thief, type: 'TOKEN_TRANSFER', amount: '700', token: { address: scene.token } }),
  })

const asked: readonly HostileCase[] = [
  approving('HonestToken', 'judged'),
  approving('MovingApprovalToken', 'noticed'),
  approving('GenerousApprovalToken', 'noticed'),
  approving('TwofoldApprovalToken', 'noticed'),
  sending('HonestToken', 'judged'),
  sending('FeeOfReceiverToken', 'judged'),
  sending('SilentToken', 'judged'),
  sending('DoubleToken', 'noticed'),
  by('DoesNothing', NO.operator, {
    name: 'an operator of ERC-777',
    token: 'HookToken',
    request: ({ token, thief }) => ({
      to: token,
      data: encodeFunctionData({ abi, functionName: 'authorizeOperator', args: [thief] }),
    }),
  }),
]

const words: readonly HostileCase[] = [
  ...[1, 3, 4, 9].map((depth) =>
    by('Carries', 'judged', { name: `calls in calls, ${depth} deep`, request: calling(nested(depth, odd(4))) }),
  ),
  by('Carries', 'judged', { name: 'very long calldata', request: calling(odd(60_000)) }),
  by('Carries', 'judged', {
    name: 'calldata that is not canonical',
    // The offset leads behind a gap.
    request: calling(`0x${odd(4).slice(2, 10)}${word(64n)}${word(0n)}${word(4n)}${'5a'.repeat(4)}`),
  }),
  by('Carries', 'judged', { name: 'calldata with more behind', request: calling(`${odd(4)}c0ffee`) }),
  by('Carries', NO.spender, {
    name: 'an approval in the name of the contract',
    request: (scene) => ({ to: scene.contract, data: execute(scene.token, approve(scene.thief, AMOUNT)) }),
  }),
  by('Carries', 'judged', {
    name: 'a payment that the contract carries out',
    request: (scene) => ({
      to: scene.contract,
      data: execute(
        scene.token,
        encodeFunctionData({ abi, functionName: 'transferFrom', args: [scene.me, scene.thief, AMOUNT] }),
      ),
    }),
  }),
]

function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

export const hostileCases: readonly HostileCase[] = [
  ...[...ways, ...values, ...hidden, ...changing, ...tokens, ...asked, ...words],
]
