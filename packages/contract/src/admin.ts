import { z } from 'zod'
import { UnixSeconds } from './ids.ts'
import { operation } from './operation.ts'
import { KillSwitchState, Unwritten } from './wire.ts'

const tag = 'Administration'
const operator = ['operator'] as const
const nothing = z.strictObject({})

/** What a session sees of it: nothing that others have or do. */
export const DaemonStatus = z.object({
  status: z.string(),
  version: z.string(),
  latestVersion: z.string().nullable(),
  updateAvailable: z.boolean(),
  uptime: z.int().describe('seconds'),
  killSwitchState: KillSwitchState,
  timestamp: UnixSeconds,
})

export const AdminStatus = DaemonStatus.extend({
  walletCount: z.int(),
  activeSessionCount: z.int(),
  adminTimeout: z.int(),
  policyCount: z.int(),
  recentTxCount: z.int(),
  failedTxCount: z.int(),
  waitingApprovals: z.int().describe('requests that wait for a human: waiaas tx approve lists them'),
  waitingDelays: z.int(),
  waitingConsents: z.int().describe('what owners are asked to agree to: waiaas owner consents lists it'),
  autoProvisioned: z.boolean(),
  warnings: z.array(z.string()),
  recentTransactions: z.array(
    z.object({
      id: z.string(),
      walletId: z.string(),
      walletName: z.string().nullable(),
      type: z.string(),
      status: z.string(),
      toAddress: z.string().nullable(),
      amount: z.string().nullable(),
      formattedAmount: z.string().nullable(),
      amountUsd: z.number().nullable(),
      network: z.string().nullable(),
      txHash: z.string().nullable(),
      createdAt: UnixSeconds.nullable(),
    }),
  ),
})

/** Where a setting's value comes from; later ones win. `database` is what was set at run time. */
export const SETTING_SOURCES = ['default', 'file', 'environment', 'database'] as const

/** Section, then key without its section; numbers and lists as text, secrets as "is it set". */
export const SettingValues = z.record(z.string(), z.record(z.string(), z.union([z.string(), z.boolean()])))
const SettingDescription = z.object({
  key: z.string(),
  category: z.string(),
  label: z.string(),
  description: z.string(),
  defaultValue: z.string(),
  isCredential: z.boolean(),
  type: z.string(),
  unit: z.string().nullable().describe('of a number, such as seconds'),
  minimum: z.int().nullable(),
  maximum: z.int().nullable(),
  values: z.array(z.string()).nullable().describe('all that it can be, where it is one of a few'),
  loosens: z.string().nullable().describe('which change of it may let more out than before; null: none does'),
  runtime: z.boolean().describe('PUT /v1/admin/settings can change it; otherwise config.toml or the environment'),
  source: z.enum(SETTING_SOURCES).describe('where its value comes from now'),
})

const killSwitchOperations = {
  getKillSwitch: operation({
    method: 'GET',
    path: '/v1/admin/kill-switch',
    access: ['agent', 'operator'],
    whileStopped: true,
    tag,
    summary: 'Show whether the kill switch is on.',
    tool: 'get_kill_switch',
    command: 'kill-switch status',
    input: nothing,
    output: z.object({
      state: KillSwitchState,
      activatedAt: UnixSeconds.nullable(),
      activatedBy: z.string().nullable(),
      unwritten: Unwritten,
    }),
    errors: [],
  }),
  activateKillSwitch: operation({
    method: 'POST',
    path: '/v1/admin/kill-switch',
    access: ['operator', 'owner', 'stopper'],
    tag,
    summary: 'Stop everything. Once this has answered, nothing new is signed or sent.',
    command: 'kill-switch activate',
    input: nothing,
    output: z.object({ state: z.literal('SUSPENDED'), activatedAt: UnixSeconds, unwritten: Unwritten }),
    errors: ['KILL_SWITCH_ACTIVE', 'OWNER_CONSENT_REQUIRED'],
  }),
  escalateKillSwitch: operation({
    method: 'POST',
    path: '/v1/admin/kill-switch/escalate',
    access: operator,
    tag,
    summary: 'Lock the daemon. All stays stopped, and every session is revoked.',
    command: 'kill-switch escalate',
    input: nothing,
    output: z.object({ state: z.literal('LOCKED'), escalatedAt: UnixSeconds, unwritten: Unwritten }),
    errors: ['INVALID_STATE_TRANSITION'],
  }),
  recoverKillSwitch: operation({
    method: 'POST',
    path: '/v1/admin/recover',
    access: operator,
    tag,
    summary:
      'Turn the kill switch off. A locked daemon takes an owner too, with the X-Owner headers; without owners it waits an hour.',
    command: 'kill-switch recover',
    ignored: ['ownerSignature', 'ownerAddress', 'chain', 'message'],
    input: nothing,
    output: z.object({ state: z.literal('ACTIVE'), recoveredAt: UnixSeconds }),
    errors: [
      'KILL_SWITCH_NOT_ACTIVE',
      'INVALID_STATE_TRANSITION',
      'OWNER_CONSENT_REQUIRED',
      'OWNER_NOT_CONNECTED',
      'INVALID_SIGNATURE',
      'INVALID_NONCE',
      'CHAIN_ERROR',
    ],
  }),
}

const clockOperations = {
  acknowledgeClock: operation({
    method: 'POST',
    path: '/v1/admin/clock/acknowledge',
    access: operator,
    tag,
    summary:
      "Confirm that the machine's clock is right, when the daemon doubts it. Windows and delays follow it at once.",
    command: 'clock acknowledge',
    input: nothing,
    output: z.object({
      before: UnixSeconds.describe('the time that was believed'),
      after: UnixSeconds,
      gainedSeconds: z.int(),
    }),
    errors: ['INVALID_STATE_TRANSITION'],
  }),
}

const settingOperations = {
  getSettings: operation({
    method: 'GET',
    path: '/v1/admin/settings',
    access: operator,
    tag,
    summary: 'Show all settings. Of secrets it says only whether they are set.',
    command: 'settings get',
    input: nothing,
    output: SettingValues,
    errors: [],
  }),
  updateSettings: operation({
    method: 'PUT',
    path: '/v1/admin/settings',
    mayLoosen: true,
    access: operator,
    tag,
    summary:
      'Change settings while the daemon runs. A setting without a value goes back to the file, the environment or its default.',
    command: 'settings set',
    example: `--settings '[{"key":"display.currency","value":"EUR"}]'`,
    input: z.strictObject({
      settings: z
        .array(z.strictObject({ key: z.string().min(3).max(100), value: z.string().max(100_000).nullable() }))
        .min(1)
        .max(200)
        .describe('[{ key: "section.key", value: text }]; null unsets'),
    }),
    output: z.object({ updated: z.int(), settings: SettingValues }),
    errors: [],
  }),
  getSettingsSchema: operation({
    method: 'GET',
    path: '/v1/admin/settings/schema',
    access: operator,
    tag,
    summary: 'Describe every setting.',
    command: 'settings schema',
    input: z.strictObject({ grouped: z.boolean().default(false).describe('group by section') }),
    output: z.union([
      z.object({ settings: z.array(SettingDescription) }),
      z.object({
        categories: z.array(z.object({ name: z.string(), label: z.string(), settings: z.array(SettingDescription) })),
      }),
    ]),
    errors: [],
  }),
}

/** What only the operator does, and reading the kill switch. */
export const adminOperations = {
  getAdminStatus: operation({
    method: 'GET',
    path: '/v1/admin/status',
    access: ['agent', 'operator'],
    tag,
    summary: 'Show the state of the daemon. The operator also sees counts, warnings and recent transactions.',
    command: 'admin status',
    input: nothing,
    output: z.union([AdminStatus, DaemonStatus]),
    errors: [],
  }),
  ...killSwitchOperations,
  ...clockOperations,
  ...settingOperations,
  changeMasterPassword: operation({
    method: 'PUT',
    path: '/v1/admin/master-password',
    access: operator,
    tag,
    summary: 'Change the master password.',
    input: z
      .strictObject({
        newPassword: z.string().min(8).max(1_000).optional().describe('at least 8 characters'),
        sealedPassword: z
          .base64()
          .max(8_000)
          .optional()
          .describe('the same, sealed to the key of GET /v1/admin/sealing-key; with X-Master-Proof'),
      })
      .refine((input) => (input.newPassword === undefined) !== (input.sealedPassword === undefined), {
        error: 'expected exactly one of newPassword and sealedPassword',
        path: ['newPassword'],
      }),
    output: z.object({
      message: z.string(),
      walletsReEncrypted: z.int(),
      settingsReEncrypted: z.int(),
      credentialsReEncrypted: z.int(),
    }),
    errors: [],
  }),
  shutdown: operation({
    method: 'POST',
    path: '/v1/admin/shutdown',
    access: operator,
    tag,
    summary: 'Shut the daemon down cleanly.',
    input: nothing,
    output: z.object({ message: z.string() }),
    errors: [],
  }),
  getRpcStatus: operation({
    method: 'GET',
    path: '/v1/admin/rpc-status',
    access: operator,
    tag,
    summary: 'Show the state of each RPC endpoint. Credentials in addresses are hidden.',
    command: 'rpc status',
    input: nothing,
    output: z.object({
      networks: z.record(
        z.string(),
        z.array(
          z.object({
            url: z.string(),
            status: z.enum(['available', 'cooldown']),
            failureCount: z.int(),
            cooldownRemainingMs: z.int(),
            lastError: z.string().nullable().optional(),
            lastErrorAt: z.int().nullable().optional(),
            batchMost: z
              .int()
              .nullable()
              .optional()
              .describe('Calls that one request may hold; 1 where batches are refused, null where no limit was met.'),
            missingMethods: z.array(z.string()).optional().describe('Methods that the endpoint refused.'),
            callsPerSecond: z
              .number()
              .nullable()
              .optional()
              .describe('How fast it is asked since it refused calls for its rate; null where it did not.'),
          }),
        ),
      ),
      builtinUrls: z.record(z.string(), z.array(z.string())),
      builtinLimits: z
        .record(z.string(), z.string())
        .optional()
        .describe('Known limits of built-in endpoints by address, with source and date.'),
    }),
    errors: [],
  }),
}
