import { useState } from 'react'
import { type Answered, useAct } from '../../data/use.ts'
import { Field, TextField } from '../../parts/fields.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Refusal } from '../../parts/refusal.tsx'
import { useT } from '../../words/language.tsx'
import { ReceiptPanel, VerdictText } from '../activity/receipt.tsx'
import { words } from './words.ts'

/** Receipts of one's own, and what others hand in as one. */
export function ReceiptSection() {
  const t = useT()
  const [id, setId] = useState('')
  const [asked, setAsked] = useState<string>()
  return (
    <>
      <Panel title={t(words.receipts)}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            setAsked(id.trim())
          }}
        >
          <TextField label={t(words.receiptId)} value={id} change={setId} />
          <button type="submit" className="button" disabled={id.trim() === ''}>
            {t(words.getReceipt)}
          </button>
        </form>
      </Panel>
      {asked && <ReceiptPanel key={asked} id={asked} />}
      <FilePanel />
    </>
  )
}

/** Proves what is in a file. */
function FilePanel() {
  const t = useT()
  const { act, error } = useAct('verifyReceipt')
  const [verdict, setVerdict] = useState<Answered<'verifyReceipt'>>()
  const [wrong, setWrong] = useState<string>()
  async function prove(file: File) {
    setVerdict(undefined)
    const receipt = objectOf(await file.text())
    setWrong(receipt ? undefined : t(words.wrongFile))
    if (receipt) setVerdict(await act({ receipt }))
  }
  return (
    <Panel title={t(words.proveFile)}>
      <Field label={t(words.backupFile)} hint={t(words.proveFileHint)} wrong={wrong}>
        {(id, about) => (
          <input
            id={id}
            aria-describedby={about}
            type="file"
            accept="application/json,.json"
            onChange={({ target }) => {
              const [file] = target.files ?? []
              if (file) void prove(file)
            }}
          />
        )}
      </Field>
      <Refusal error={error} />
      {verdict && <VerdictText verdict={verdict} />}
    </Panel>
  )
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    // An object that JSON gives has names and values and nothing else.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    // The field says so.
    return undefined
  }
}
