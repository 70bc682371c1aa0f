import { useState } from 'react'
import { type Answered, useAct, useRead } from '../../data/use.ts'
import { Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { saveFile } from '../../parts/save.ts'
import { Badge } from '../../parts/values.tsx'
import { useT } from '../../words/language.tsx'
import { detailWords as words } from './detail-words.ts'

type Verdict = Answered<'verifyReceipt'>

/** The signed receipt: to keep, and to prove. */
export function ReceiptPanel({ id }: { readonly id: string }) {
  const t = useT()
  const receipt = useRead('getReceipt', { id })
  const { act, busy, error } = useAct('verifyReceipt')
  const [verdict, setVerdict] = useState<Verdict>()
  const whole = receipt.data
  return (
    <Panel
      title={t(words.receipt)}
      actions={
        whole && (
          <>
            <button
              type="button"
              className="button"
              onClick={() => saveFile(`receipt-${id}.json`, [`${JSON.stringify(whole, null, 2)}\n`])}
            >
              {t(words.download)}
            </button>
            <button
              type="button"
              className="button"
              disabled={busy}
              onClick={() => void act({ receipt: whole }).then(setVerdict)}
            >
              {t(words.verify)}
            </button>
          </>
        )
      }
    >
      <p className="quiet">{t(words.receiptWhy)}</p>
      <Refusal error={receipt.error ?? error} />
      {verdict && <VerdictText verdict={verdict} />}
    </Panel>
  )
}

/** What a receipt proves, and what it does not. */
export function VerdictText({ verdict: { whole, faults, missing, proven, word } }: { readonly verdict: Verdict }) {
  const t = useT()
  const says = whole ? words.receiptWhole : faults.length > 0 ? words.receiptFaulty : words.receiptPart
  const lists = [
    { head: words.wrong, of: faults },
    { head: words.missing, of: missing },
    { head: words.proven, of: proven },
    { head: words.word, of: word },
  ]
  return (
    <div role="status">
      <p>
        <Badge tone={whole ? 'good' : faults.length > 0 ? 'bad' : 'warn'}>{t(says)}</Badge>
      </p>
      {lists
        .filter(({ of }) => of.length > 0)
        .map(({ head, of }) => (
          <details key={head.en} open={head === words.wrong || head === words.missing}>
            <summary>
              {t(head)} ({of.length})
            </summary>
            <ul className="findings">
              {of.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          </details>
        ))}
    </div>
  )
}
