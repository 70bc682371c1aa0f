import type { z } from 'zod'
import type { EventName, events } from './events.ts'

/** What is told of one event. */
export type EventDetails<Name extends EventName> = z.input<ReturnType<(typeof events)[Name]['details']>>

type Above = { info: 'warning' | 'critical'; warning: 'critical'; critical: never }
/** Severities above that of the table, for a single case that is worse. */
export type RaisedSeverity<Name extends EventName> = Above[(typeof events)[Name]['severity']]
