import type { z } from 'zod'
import { AuditCheckpoint, AuditEntry } from './audit.ts'
import { BackupInfo } from './backup.ts'
import { Card } from './cards.ts'
import { WalletCeiling } from './ceilings.ts'
import { Check, Checklist } from './checklist.ts'
import { Consent } from './consents.ts'
import { Decision, Headroom, Reason, Suggestion } from './decision.ts'
import { Effect, Effects } from './effects.ts'
import { DaemonEvent } from './event-stream.ts'
import { WalletExposure, WorstCase } from './exposure.ts'
import { answerSchema, type JsonSchema, rulesSchema } from './json-schema.ts'
import { WalletLimits } from './limits.ts'
import { OwnerChallenge, WalletOwner } from './owners.ts'
import { Plan } from './plans.ts'
import { POLICY_TYPES, type PolicyType, policyTypes } from './policies/all.ts'
import { PolicyResponse } from './policies.ts'
import { AssetPrice } from './prices.ts'
import { Receipt } from './receipts.ts'
import { SessionConstraints, SessionItem } from './sessions.ts'
import { Sweep } from './sweeps.ts'
import { RegisteredToken } from './tokens.ts'
import { Simulation, Transaction, TransactionSent } from './transaction-answers.ts'
import { WalletAssets, WalletBalances, WalletHoldings } from './wallet.ts'
import { Wallet } from './wallets.ts'

/** What answers are made of, by the name that the reference calls it. */
const MODELS: Readonly<Record<string, z.ZodType>> = {
  ...{ AssetPrice, AuditCheckpoint, AuditEntry, BackupInfo, Card, Check, Checklist, Consent, DaemonEvent, Decision },
  ...{ Effect, Effects, Headroom, OwnerChallenge, Plan, Policy: PolicyResponse, Reason, Receipt, RegisteredToken },
  ...{ Session: SessionItem, SessionConstraints, Simulation, Suggestion, Sweep, Transaction, TransactionSent, Wallet },
  ...{
    WalletAssets,
    WalletBalances,
    WalletCeiling,
    WalletExposure,
    WalletHoldings,
    WalletLimits,
    WalletOwner,
    WorstCase,
  },
}

type Json = Record<string, unknown>
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })

/** Words in capitals as one name. */
const pascal = (name: string): string =>
  name
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('')
const rulesName = (type: PolicyType): string => `${pascal(type)}Rules`

/** Schemas by name, and what stands in their place where they are met. */
export function models() {
  const names = new Map(Object.entries(MODELS).map(([name, model]) => [textOf(answerSchema(model)), name]))
  const schemas: Json = {}
  for (const type of POLICY_TYPES)
    schemas[rulesName(type)] = { description: policyTypes[type].summary, ...rulesSchema(policyTypes[type].rules) }

  /** The schema with its parts called by their names. */
  function named(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map(named)
    if (typeof schema !== 'object' || schema === null) return schema
    const name = 'properties' in schema || 'oneOf' in schema ? names.get(textOf(schema)) : undefined
    if (name === undefined) return inside(schema)
    if (!(name in schemas)) {
      schemas[name] = {}
      const { description: _, ...bare } = schema as Json
      schemas[name] = inside(bare)
    }
    const { description } = schema as Json
    return { ...ref(name), ...(description !== undefined && { description }) }
  }

  const inside = (schema: object): unknown => {
    const parts = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, named(value)]))
    return isPolicy(schema) ? byType(parts) : parts
  }

  return {
    schemas,
    named,
    /** A whole request or answer, by the name of its operation. */
    whole(name: string, schema: unknown): unknown {
      const parts = named(schema)
      if (typeof parts !== 'object' || parts === null || '$ref' in parts) return parts
      schemas[name] = parts
      return ref(name)
    },
  }
}

/** Without what differs where it is met. */
function textOf(schema: object): string {
  const { description: _, ...rest } = schema as Json
  return JSON.stringify(rest)
}

/** A policy as it is written: its rules follow from its type. */
function isPolicy(schema: object): boolean {
  const { properties } = schema as JsonSchema
  const types = properties?.type?.enum
  return properties?.rules !== undefined && types !== undefined && POLICY_TYPES.every((type) => types.includes(type))
}

/** One form for each type of policy. */
function byType({ properties, ...rest }: Json): Json {
  const { type: _, rules: __, ...others } = properties as Json
  const forms = POLICY_TYPES.map((type) => ({
    ...rest,
    title: type,
    properties: { ...others, type: { const: type, type: 'string' }, rules: ref(rulesName(type)) },
  }))
  return { type: 'object', oneOf: forms, discriminator: { propertyName: 'type' } }
}
