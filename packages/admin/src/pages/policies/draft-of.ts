import type { PolicyDraft, PolicySetChanged } from '@waiaas/contract'

/** The same changes as a draft, which can be compared and replayed. */
export function draftOf({ changes }: PolicySetChanged, walletIdOf: (name: string) => string | undefined): PolicyDraft {
  const added = changes.flatMap(({ change, type, wallet, network, sessionLabel, name, after }) =>
    change === 'ADDED' && after
      ? [
          {
            ...{ type: type as never, ...after }, // the daemon has read it
            ...(wallet !== null && { walletId: walletIdOf(wallet) ?? wallet }),
            ...(network !== null && { network }),
            ...(sessionLabel !== null && { sessionLabel }),
            ...(name !== null && { name }),
          },
        ]
      : [],
  )
  const changed = changes.flatMap(({ change, policyId, after }) =>
    change === 'CHANGED' && policyId !== null && after ? [{ id: policyId, ...after }] : [],
  )
  const removed = changes.flatMap(({ change, policyId }) =>
    change === 'REMOVED' && policyId !== null ? [policyId] : [],
  )
  return { add: added, change: changed, remove: removed }
}
