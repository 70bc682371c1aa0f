import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { DataTable } from '../../parts/table.tsx'
import { Badge, Name, When } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { words } from './words.ts'

type Verdict = Answered<'verifyAuditLog'>

/** Where the log ends now, and whether it is whole. */
export function ProofPanel() {
  const t = useT()
  const current = useRead('getAuditCheckpoint', {})
  const { act, busy, error } = useAct('verifyAuditLog')
  const [verdict, setVerdict] = useState<Verdict>()
  const verify = () => {
    setVerdict(undefined)
    void act({}).then(setVerdict)
  }
  return (
    <Panel
      title={t(words.proof)}
      actions={
        <button type="button" className="button primary" disabled={busy} onClick={verify}>
          {t(words.proveAudit)}
        </button>
      }
    >
      <div role="status">
        {busy && <p>{t(words.proving)}</p>}
        {verdict && <VerdictText verdict={verdict} />}
      </div>
      <Refusal error={error ?? current.error} />
      {current.data && <Checkpoint current={current.data} />}
    </Panel>
  )
}

function Checkpoint({
  current: { checkpoint, publicKey, unsignedRows },
}: {
  readonly current: Answered<'getAuditCheckpoint'>
}) {
  const t = useT()
  return (
    <dl className="facts">
      <div className="fact">
        <dt>{t(words.checkpoint)}</dt>
        <dd>
          {checkpoint ? (
            <>
              #{checkpoint.seq} · <When at={checkpoint.at / 1_000} />
            </>
          ) : (
            t(words.noCheckpoint)
          )}
        </dd>
      </div>
      {checkpoint && (
        <div className="fact">
          <dt>{t(words.checkpointHash)}</dt>
          <dd>
            <Name id={checkpoint.hash} />
          </dd>
        </div>
      )}
      <div className="fact">
        <dt>{t(words.unsigned)}</dt>
        <dd>{unsignedRows}</dd>
      </div>
      <div className="fact">
        <dt>{t(words.key)}</dt>
        <dd>
          <Name id={publicKey} name={publicKey} />
          <p className="quiet small-text">{t(words.keyHint)}</p>
        </dd>
      </div>
    </dl>
  )
}

function VerdictText({ verdict: { whole, rows, chains, faults } }: { readonly verdict: Verdict }) {
  const t = useT()
  return (
    <>
      <p>
        <Badge tone={whole ? 'good' : 'bad'}>{whole ? '✓' : '✕'}</Badge>{' '}
        {whole ? t(words.auditWhole, { rows, chains }) : t(words.auditFaulty)}
      </p>
      {faults.length > 0 && (
        <DataTable
          caption={t(words.auditFaulty)}
          columns={[
            { key: 'chain', head: t(words.chain), cell: ({ chain }) => chain },
            { key: 'seq', head: t(words.place), isNumber: true, cell: ({ seq }) => seq },
            { key: 'fault', head: t(words.fault), cell: ({ fault }) => fault },
          ]}
          rows={faults}
          idOf={({ chain }) => chain}
        />
      )}
      <p className="quiet small-text">{t(words.wholeWord)}</p>
    </>
  )
}
