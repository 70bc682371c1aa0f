import { z } from 'zod'

/** What is recorded of sweeps. */
export const sweepEvents = {
  SWEEP_STARTED: {
    severity: 'warning',
    summary: 'The operator, or the owner, began to empty a wallet.',
    details: () => z.strictObject({ sweep: z.string(), to: z.string(), steps: z.int().min(0) }),
  },
  SWEEP_ENDED: {
    severity: 'info',
    summary: 'A sweep is done, or was cancelled.',
    details: () => z.strictObject({ sweep: z.string(), status: z.enum(['DONE', 'CANCELLED']) }),
  },
} as const
