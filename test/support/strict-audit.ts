import { type EventName, events } from '@waiaas/contract'
import { type Audit, audit } from '../../packages/daemon/src/audit/service.ts'

const schemas = new Map<EventName, ReturnType<(typeof events)[EventName]['details']>>()

/** Throws when details, as they are stored, are not those that the table has for their event. */
export function requireKnownDetails(event: EventName, details: object): void {
  const schema = schemas.get(event) ?? events[event].details()
  schemas.set(event, schema)
  schema.parse(JSON.parse(JSON.stringify(details)))
}

/** Test support: the audit log, which takes only details that the table of events knows. */
export function strictAudit(options: Parameters<typeof audit>[0]): Audit {
  const real = audit(options)
  return {
    ...real,
    async record(db, evidence) {
      requireKnownDetails(evidence.event, evidence.details ?? {})
      await real.record(db, evidence)
    },
  }
}
