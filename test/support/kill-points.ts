/** What makes a daemon take a step: what is asked of it, or nothing but time. */
export type Deed =
  | 'pay'
  | 'pay from a new wallet'
  | 'approve'
  | 'cancel'
  | 'speed up'
  | 'take back'
  | 'wait for its time'
  | 'send a plan'
  | 'sign for the caller to send'
  | 'wait for gas'
  | 'sign a message'
  | 'suspend'
  | 'leave a gap'
  | 'wait for nobody'
  | 'let a stop end'
  | 'let a permit end'
  | 'lose a block'
  | 'sweep'
  | 'sweep without a fee'
  | 'sweep again'
  | 'purge'
type When = 'before' | 'after' | 'committed'
type Step = {
  /** Where its function is, below the source of the daemon. */
  readonly file: string
  readonly step: string
  readonly when: readonly When[]
}
type KillPoint = Step & { readonly deed: Deed }
const WRITTEN: readonly When[] = ['after', 'committed']
const JOB: readonly When[] = ['before', 'after', 'committed']

/** Each step of the life of a payment at which a process can die: before it, after it, and after its commit. */
export const KILL_POINTS: readonly KillPoint[] = [
  { file: 'transactions/deciding/decide.ts', step: 'decide', deed: 'pay', when: JOB },
  // Behind its commit the signer is asked; in front of the next step its signatures are back.
  { file: 'transactions/lanes/issue.ts', step: 'issue', deed: 'pay', when: JOB },
  { file: 'transactions/lanes/record.ts', step: 'record', deed: 'pay', when: JOB },
  { file: 'transactions/lanes/leave.ts', step: 'leave', deed: 'pay', when: JOB },
  // In front of it bytes count as left and have not; behind it they have, and nobody has noted the answer.
  { file: 'chains/deliver.ts', step: 'deliver', deed: 'pay', when: ['before', 'after'] },
  { file: 'transactions/lanes/booking.ts', step: 'book', deed: 'pay', when: JOB },
  { file: 'transactions/lanes/take-over.ts', step: 'takeOver', deed: 'pay from a new wallet', when: WRITTEN },
  { file: 'transactions/lanes/replace.ts', step: 'replace', deed: 'speed up', when: WRITTEN },
  { file: 'transactions/lanes/replace.ts', step: 'replace', deed: 'take back', when: WRITTEN },
  { file: 'transactions/scheduler.ts', step: 'serve', deed: 'wait for its time', when: ['before', 'after'] },
  { file: 'transactions/deciding/decide-plan.ts', step: 'decidePlan', deed: 'send a plan', when: WRITTEN },
  // Between two steps of it.
  { file: 'transactions/lanes/booking.ts', step: 'book', deed: 'send a plan', when: ['committed'] },
  {
    file: 'transactions/lanes/sealing.ts',
    step: 'withSeal',
    deed: 'sign for the caller to send',
    when: ['before', 'after'],
  },
  { file: 'transactions/approving.ts', step: 'approve', deed: 'approve', when: WRITTEN },
  { file: 'transactions/rows/ending.ts', step: 'endUnsent', deed: 'cancel', when: WRITTEN },
  { file: 'transactions/gas/hold.ts', step: 'withoutDear', deed: 'wait for gas', when: ['before', 'after'] },
  { file: 'transactions/gas/watch.ts', step: 'goOn', deed: 'wait for gas', when: ['before', 'after'] },
  { file: 'transactions/signatures/issue.ts', step: 'issueMessage', deed: 'sign a message', when: WRITTEN },
  { file: 'transactions/signatures/record.ts', step: 'recordMessage', deed: 'sign a message', when: WRITTEN },
  { file: 'transactions/stopping/backlog.ts', step: 'beginStop', deed: 'suspend', when: WRITTEN },
  { file: 'transactions/stopping/backlog.ts', step: 'endTogether', deed: 'suspend', when: ['before', 'after'] },
  { file: 'transactions/stopping/backlog.ts', step: 'finish', deed: 'let a stop end', when: ['before', 'after'] },
  { file: 'transactions/lanes/gap-fill.ts', step: 'storeFill', deed: 'leave a gap', when: JOB },
  { file: 'transactions/scheduler.ts', step: 'expire', deed: 'wait for nobody', when: ['before', 'after'] },
  { file: 'transactions/signatures/vouchers.ts', step: 'endVoucher', deed: 'let a permit end', when: WRITTEN },
  { file: 'transactions/sweeps/sweeps.ts', step: 'requireReady', deed: 'sweep', when: ['committed'] },
  { file: 'transactions/sweeps/deciding.ts', step: 'decideStep', deed: 'sweep', when: WRITTEN },
  { file: 'transactions/sweeps/working.ts', step: 'leaveNetwork', deed: 'sweep', when: ['before', 'after'] },
  { file: 'transactions/sweeps/working.ts', step: 'leaveStep', deed: 'sweep without a fee', when: ['before', 'after'] },
  { file: 'transactions/sweeps/working.ts', step: 'again', deed: 'sweep again', when: ['before', 'after'] },
  { file: 'wallets/termination.ts', step: 'removeKey', deed: 'purge', when: WRITTEN },
  { file: 'audit/checkpoints.ts', step: 'append', deed: 'pay', when: WRITTEN },
  // Last, for blocks are slower from there on.
  { file: 'transactions/lanes/booking.ts', step: 'reorg', deed: 'lose a block', when: WRITTEN },
]
/** What takes away what was there: on PostgreSQL a process is killed at each of these too. */
export const REMOVALS: readonly Deed[] = ['lose a block', 'sweep', 'sweep without a fee', 'sweep again', 'purge']

/** Each step at which a restore can die: while it stages, between the renames of files, and when its data takes its place. */
export const RESTORE_POINTS: readonly Step[] = [
  { file: 'offline/restore.ts', step: 'settle', when: ['after'] },
  { file: 'backup/renames.ts', step: 'move', when: ['after'] },
  { file: 'backup/renames.ts', step: 'syncFolders', when: ['after'] },
  { file: 'backup/restore-target.ts', step: 'swap', when: ['after'] },
  { file: 'backup/renames.ts', step: 'removeJournal', when: ['before'] },
]

/** Each step at which a process can die that removes what has had its time, in the order in which they are due. */
export const RETENTION_POINTS: readonly Step[] = [
  { file: 'transactions/retention/retention-store.ts', step: 'shorten', when: WRITTEN },
  { file: 'transactions/retention/retention-store.ts', step: 'removeRefused', when: WRITTEN },
  { file: 'sessions/forgetting.ts', step: 'forgetSessions', when: ['before', 'after'] },
]
