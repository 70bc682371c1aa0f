import { z } from 'zod'
import { operation } from './operation.ts'

/** What should hold before real money moves, in the order in which somebody puts it right. */
export const CHECKS = [
  'daemon',
  'kill_switch',
  'password',
  'backup',
  'backup_place',
  'limits',
  'endpoints',
  'channel',
  'warning',
] as const
/** Where the admin page puts a check right. */
export const CHECK_PAGES = ['home', 'wallets', 'policies', 'notices', 'settings'] as const

export const Check = z.object({
  name: z.enum(CHECKS).describe('which check it is; there may be several warnings'),
  title: z.string().describe('what it is about, in a word or two'),
  state: z.enum(['done', 'todo']),
  says: z.string().describe('how it stands, in one sentence'),
  next: z.string().nullable().describe('what to do about it; null where it is done'),
  command: z.string().nullable().describe('the command that does it, where there is one'),
  page: z.enum(CHECK_PAGES).nullable().describe('the page of the admin site where it is done, where there is one'),
})
export type Check = z.output<typeof Check>

export const Checklist = z.object({
  ok: z.boolean().describe('true when all of it is done'),
  done: z.int(),
  total: z.int(),
  checks: z.array(Check),
})
export type Checklist = z.output<typeof Checklist>

/** The set-up before real money, looked at by the daemon itself. */
export const checklistOperations = {
  getChecklist: operation({
    method: 'GET',
    path: '/v1/admin/checklist',
    access: ['operator'],
    tag: 'Administration',
    summary: 'Check what should hold before real money moves: password, backups, limits, endpoints, notices.',
    input: z.strictObject({}),
    output: Checklist,
    errors: [],
  }),
}
