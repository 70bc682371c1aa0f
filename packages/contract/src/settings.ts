import type { z } from 'zod'
import { autostopSettings } from './autostop-settings.ts'
import { channelSettings } from './channel-settings.ts'
import { CURRENCIES } from './display.ts'
import { endpointSettings } from './endpoint-settings.ts'
import { Failure } from './failure.ts'
import { logSettings } from './log-settings.ts'
import { LOGIN_LIFE } from './logins.ts'
import { noticeSettings } from './notice-settings.ts'
import { oracleSettings } from './oracle-settings.ts'
import { defaultDenySettings } from './policies/default-deny.ts'
import { LEAST_TIMEOUT_S, MOST_TIMEOUT_S } from './requests/gas-condition.ts'
import { rpcProxySettings } from './rpc-proxy-settings.ts'
import { loosensAbove, loosensBelow, loosensEntries, loosensOff, parseText, type Setting } from './setting-form.ts'
import { AddedNetworks, Confirmations, Host, HttpUrl, Origin, PostgresUrl, ProxyRange } from './setting-values.ts'

export { looseningOf, type Setting, unitOf } from './setting-form.ts'

const start = { runtime: false } as const
const live = { runtime: true } as const
const number = <const D extends number>(value: D, min: number, max: number) =>
  ({ type: 'number', default: value as number, min, max }) as const
const flag = (value: boolean) => ({ type: 'boolean', default: value }) as const

const fixed = {
  'daemon.port': {
    ...number(3100, 0, 65_535),
    ...start,
    summary: 'The port to listen on. With 0 it takes a free one.',
  },
  'daemon.hostname': { type: 'string', default: '127.0.0.1', ...start, summary: 'The address to listen on.' },
  ...logSettings,
  'daemon.shutdown_timeout': {
    ...number(30, 1, 600),
    ...start,
    summary: 'How many seconds running work may take when the daemon stops.',
  },
  'database.url': {
    type: 'url',
    default: '',
    of: PostgresUrl,
    secret: true,
    ...start,
    summary: 'The postgres:// address of the database. Empty means the SQLite file.',
  },
  'database.path': {
    type: 'string',
    default: 'data/waiaas.db',
    path: true,
    ...start,
    summary: 'The SQLite file, relative to the data directory.',
  },
  'keystore.argon2_memory': {
    ...number(65_536, 19_456, 4_194_304),
    ...start,
    summary: 'How much memory one guess of the master password costs, in KiB. It counts when the password is set.',
  },
  'keystore.argon2_time': {
    ...number(3, 2, 20),
    ...start,
    summary: 'How many passes one guess of the master password takes (Argon2id).',
  },
  'keystore.argon2_parallelism': {
    ...number(4, 1, 16),
    ...start,
    summary: 'How many lanes one guess of the master password takes (Argon2id).',
  },
  'backup.dir': {
    type: 'string',
    default: 'backups',
    path: true,
    ...start,
    summary: 'The folder for backups, relative to the data directory.',
  },
  'backup.retention_count': {
    ...number(7, 1, 10_000),
    ...live,
    summary: 'How many backups to keep. A new one deletes the oldest beyond this number.',
  },
  'rpc.allow_foreign_genesis': {
    ...flag(false),
    ...live,
    loosens: (from: boolean, to: boolean) => !from && to,
    summary: 'Accept an EVM node whose first block is not the public network’s (development nodes).',
  },
  'rpc.confirmations': {
    type: 'json',
    of: Confirmations,
    default: {} as z.output<typeof Confirmations>,
    ...live,
    summary:
      'How many blocks make a transaction CONFIRMED, its own counted, by network, as in {"ethereum-mainnet": 12}; one where none is named. Its money counts until its block is final, whatever is set here.',
  },
  'networks.evm': {
    type: 'json',
    of: AddedNetworks,
    default: [] as z.output<typeof AddedNetworks>,
    ...start,
    loosens: loosensEntries,
    summary:
      'EVM networks to add: [{ id, chainId, environment, rpc, symbol, decimals, explorer?, genesis?, fees?, blockMs?, l1Fee? }]; l1Fee is "op-stack" on rollups of that stack.',
  },
  'security.allowed_hosts': {
    type: 'list',
    of: Host,
    default: [] as readonly string[],
    ...live,
    summary: 'Host names to answer to, beside localhost, 127.0.0.1 and [::1].',
  },
  'security.cors_origins': {
    type: 'list',
    of: Origin,
    default: ['http://localhost:3100', 'http://127.0.0.1:3100'] as readonly string[],
    ...live,
    summary: 'Web pages that may call the API, by their origin.',
  },
  'security.trusted_proxies': {
    type: 'list',
    of: ProxyRange,
    default: [] as readonly string[],
    ...live,
    summary: 'Proxies to trust: addresses or CIDR ranges whose X-Forwarded-For counts.',
  },
  'security.max_sessions_per_wallet': {
    ...number(20, 1, 10_000),
    ...live,
    summary: 'How many live sessions one wallet may have: each client of agents has one of its own.',
  },
  'security.login_idle_seconds': {
    ...number(900, 60, LOGIN_LIFE),
    ...live,
    summary:
      'Seconds after its last call for which a login still looks and stops, on the admin page and at the terminal; at once also for logins that there are. After 8 hours each ends.',
  },
  'security.remote_pairing': {
    ...flag(false),
    ...live,
    loosens: (from: boolean, to: boolean) => !from && to,
    summary:
      'Let agents on other machines ask for a session with a code. The operator decides in either case; behind a proxy see `security.trusted_proxies`.',
  },
  'security.max_waiting_per_session': {
    ...number(2_000, 1, 1_000_000),
    ...live,
    summary: 'Requests of one session that may wait to be signed: for their turn, a delay or an approval.',
  },
  'security.max_waiting_per_wallet': {
    ...number(10_000, 1, 1_000_000),
    ...live,
    summary: 'Requests of one wallet that may wait to be signed.',
  },
  'gas_condition.enabled': {
    ...flag(true),
    ...live,
    summary: 'Let requests wait until gas is as cheap as they say (`gasCondition`).',
  },
  'gas_condition.default_timeout_sec': {
    ...number(3_600, LEAST_TIMEOUT_S, MOST_TIMEOUT_S),
    ...live,
    summary: 'How long a request waits for cheaper gas that does not say it itself; then it is cancelled.',
  },
  'gas_condition.max_timeout_sec': {
    ...number(MOST_TIMEOUT_S, LEAST_TIMEOUT_S, MOST_TIMEOUT_S),
    ...live,
    summary: 'How long a request may wait for cheaper gas.',
  },
  'security.sign_only_seconds': {
    ...number(600, 30, 3_600),
    ...live,
    summary:
      'How long a nonce is left to whoever asked to have a transaction for it signed on an EVM network; then the daemon takes it back with a cancel.',
  },
  'security.suspend_on_divergence': {
    ...flag(true),
    ...live,
    loosens: loosensOff,
    summary:
      'Suspend a wallet when a call of it did more on chain than what was judged, or when no node can tell what it did.',
  },
  'security.solana_floors': {
    ...flag(false),
    ...live,
    loosens: (from: boolean, to: boolean) => from && !to,
    summary:
      'On Solana, end calls with instructions that fail them where they would take more than was judged, or give token accounts to others: a payment of the wallet to itself, and assertions of the Lighthouse program.',
  },
  'security.refuse_mainnet_with_recovery_key': {
    ...flag(false),
    ...live,
    loosens: loosensOff,
    summary:
      'Make and import no wallet of a main network while `recovery.key`, the generated master password, lies beside the keys.',
  },
  'security.rate_limit_per_second': {
    ...number(100, 1, 1_000_000),
    ...live,
    summary:
      'Calls a second of one session, or of the operator; ten rows of a list and a message of an MCP batch are one call each.',
  },
  'security.rate_limit_burst': {
    ...number(2_000, 1, 1_000_000),
    ...live,
    summary: 'Calls of one session, or of the operator, that may come at once, counted in the same way.',
  },
  'security.rate_limit_public_per_second': {
    ...number(20, 1, 1_000_000),
    ...live,
    summary: 'How many failed or unauthenticated requests a second one address may send.',
  },
  'security.rate_limit_public_burst': {
    ...number(200, 1, 1_000_000),
    ...live,
    summary: 'How many failed or unauthenticated requests one address may send at once.',
  },
  'security.max_connections': {
    ...number(5_000, 10, 1_000_000),
    ...live,
    summary: 'Connections that may be open at once; beyond them a stop alone is served.',
  },
  'security.max_connections_per_address': {
    ...number(2_000, 5, 1_000_000),
    ...live,
    summary:
      'Connections of one address, or of one /48 network of IPv6, that may be open at once; those of a trusted proxy are not counted.',
  },
  'security.idle_connection_seconds': {
    ...number(60, 1, 3_600),
    ...live,
    summary: 'Seconds after which a connection that asks nothing is closed; one that waits for its answer is not.',
  },
  'retention.refused_days': {
    ...number(30, 1, 3_650),
    ...live,
    summary: 'Days for which refused requests are kept, at most 10,000 of a session and day.',
  },
  'retention.details_days': {
    ...number(90, 1, 3_650),
    ...live,
    summary:
      'Days after which ended transactions lose their long texts, and idempotency keys and ended sessions are forgotten.',
  },
  'security.policy_defaults_delay_seconds': {
    ...number(300, 1, 31_536_000),
    ...live,
    loosens: loosensBelow,
    summary: 'How many seconds a delay lasts when the policy does not say.',
  },
  'security.policy_defaults_approval_timeout': {
    ...number(3_600, 60, 31_536_000),
    ...live,
    loosens: loosensAbove,
    summary: 'How many seconds an approval waits when the policy does not say.',
  },
  ...defaultDenySettings,
  ...oracleSettings,
  ...channelSettings,
  ...noticeSettings,
  ...autostopSettings,
  ...rpcProxySettings,
  'display.currency': {
    type: 'enum',
    default: 'USD' as string,
    values: CURRENCIES,
    runtime: true,
    summary:
      'In which currency reads also show what something is worth; CoinGecko tells the rates. Limits are in US dollars.',
  },
} as const satisfies Record<string, Setting>

type ValueOf<S> = S extends { readonly of: infer Z extends z.ZodType; readonly type: 'json' }
  ? z.output<Z>
  : S extends { readonly type: 'enum'; readonly values: readonly (infer V)[] }
    ? V
    : S extends { readonly type: 'list' }
      ? readonly string[]
      : S extends { readonly default: infer D }
        ? S extends { readonly type: 'number' }
          ? number
          : S extends { readonly type: 'boolean' }
            ? boolean
            : D extends string
              ? string
              : never
        : never

/** Every value by its key, typed. `rpc.<network.setting>` is '' and `rpc_pool.<network.id>` is [] unless configured. */
export type Settings = { readonly [Key in keyof typeof fixed]: ValueOf<(typeof fixed)[Key]> } & {
  readonly [Key in `rpc.evm_${string}` | `rpc.solana_${string}` | `rpc.local_${string}`]: string
} & { readonly [Key in `rpc_pool.${string}`]: readonly string[] }
export type SettingKey = keyof Settings & string

/** All configuration of this release: config.toml, environment and run-time settings are read by it, and by nothing else. */
export const settings: Readonly<Record<string, Setting>> = Object.assign(
  // Without a prototype, so that no key is found that is not one.
  Object.create(null),
  fixed,
  Object.fromEntries(endpointSettings),
)

/** Every setting at its default. */
export const defaultSettings = (): Settings =>
  // Each default has its setting's type; the pins test parses every one of them.
  Object.fromEntries(Object.entries(settings).map(([key, { default: value }]) => [key, value])) as Settings

/** `WAIAAS_<SECTION>_<KEY>` of a setting. */
export const envName = (key: string): string => `WAIAAS_${key.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`

const byEnvName = new Map(Object.keys(settings).map((key) => [envName(key), key]))

/** Variables that begin like a setting and are something else. */
export const OTHER_VARIABLES: readonly string[] = [
  'WAIAAS_DATA_DIR',
  'WAIAAS_MASTER_PASSWORD',
  'WAIAAS_MASTER_PASSWORD_FILE',
  'WAIAAS_AUTO_PROVISION',
  'WAIAAS_BASE_URL',
  'WAIAAS_SESSION_TOKEN',
  'WAIAAS_STOP_TOKEN',
  'WAIAAS_STOP_TOKEN_FILE',
  'WAIAAS_WALLET_ID',
  'WAIAAS_WALLET_NAME',
  'WAIAAS_MCP_TOOLSETS',
  'WAIAAS_NO_UPDATE_NOTIFY',
  'WAIAAS_LOCALNET_EVM_PORT',
  'WAIAAS_LOCALNET_SOLANA_PORT',
]

/** The setting that an environment variable gives, directly or (`_FILE`) as the path of a file that holds it. */
export function settingFromEnv(name: string): { key: string; file: boolean } | undefined {
  const direct = byEnvName.get(name)
  if (direct) return { key: direct, file: false }
  const key = name.endsWith('_FILE') ? byEnvName.get(name.slice(0, -'_FILE'.length)) : undefined
  return key ? { key, file: true } : undefined
}

/** The setting with this key. Fails with ACTION_VALIDATION_FAILED, which names those of its section. */
export function needSetting(key: string): Setting {
  const setting = settings[key]
  if (!setting) throw unknownSetting(key)
  return setting
}

/** Reads the text of a setting. Fails with ACTION_VALIDATION_FAILED, which names the key and what was expected, never a secret's value. */
export function parseSetting(key: string, text: string): unknown {
  const setting = needSetting(key)
  const result = parseText(setting, text.trim())
  if ('value' in result) return result.value
  const got = setting.secret || isEndpoint(setting) || setting.type === 'json' ? '' : `, got "${text.slice(0, 60)}"`
  throw new Failure('ACTION_VALIDATION_FAILED', `${key}: expected ${result.expected}${got}`, {
    details: { issues: [{ path: key, message: `expected ${result.expected}` }] },
  })
}

/** Reads a value that already has a type (TOML, JSON); fails like `parseSetting`. */
export const readSetting = (key: string, value: unknown): unknown =>
  parseSetting(key, typeof value === 'string' ? value : JSON.stringify(value))

/** The text of a value, which `parseSetting` reads back. */
export const settingText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** What answers show: a secret as "is it set", an endpoint without what may be a credential in it. */
export function shownSetting(key: string, value: unknown): string | boolean {
  const setting = settings[key]
  if (!setting || setting.secret) return value !== ''
  if (setting.type === 'url') return hideCredentials(String(value))
  if (isEndpoint(setting)) return JSON.stringify((value as readonly string[]).map(hideCredentials))
  if (setting.type === 'json') return JSON.stringify(value, (_, part) => (isUrl(part) ? hideCredentials(part) : part))
  return settingText(value)
}

const isUrl = (value: unknown): value is string => HttpUrl.safeParse(value).success

/** Is there something in this value that answers do not show? */
export const holdsSecret = (key: string, value: unknown): boolean => {
  const setting = settings[key]
  return setting?.secret ? value !== '' : shownSetting(key, value) !== settingText(value)
}

/** Scheme and host of a URL; user, path and query may hold a key, and become "…". */
export function hideCredentials(url: string): string {
  const parsed = URL.parse(url)
  if (!parsed) return url === '' ? '' : '…'
  const bare = parsed.pathname === '/' && parsed.search === '' && parsed.username === '' && parsed.password === ''
  return `${parsed.protocol}//${parsed.host}${bare ? '' : '/…'}`
}

const isEndpoint = (setting: Setting): boolean =>
  (setting.type === 'url' || setting.type === 'list') && setting.of === HttpUrl

function unknownSetting(key: string): Failure {
  const section = key.split('.')[0]
  const near = Object.keys(settings).filter((known) => known.startsWith(`${section}.`))
  const known =
    near.length > 0
      ? near.slice(0, 12).join(', ')
      : [...new Set(Object.keys(settings).map((name) => name.split('.')[0]))].join(', ')
  return new Failure('ACTION_VALIDATION_FAILED', `${key.slice(0, 100)}: no such setting; known are ${known}`, {
    details: { issues: [{ path: key.slice(0, 100), message: 'no such setting' }] },
  })
}
