import { csvLine } from '@waiaas/contract'
import { useState } from 'react'
import { daemon } from '../../data/client.ts'
import type { Asked } from '../../data/use.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { saveFile } from '../../parts/save.ts'
import { useT } from '../../words/language.tsx'
import type { Row } from './types.ts'
import { words } from './words.ts'

type Query = Asked<'adminListTransactions'>
type Told = (count: number) => void

const COLUMNS = ['id', 'createdAt', 'status', 'tier', 'type', 'network', 'walletId', 'walletName', 'sessionId'] as const
const MORE = [
  'toAddress',
  'assetId',
  'amountSymbol',
  'amountFormatted',
  'amount',
  'amountUsd',
  'txHash',
  'error',
] as const

const cells = (row: Row): string[] => [
  ...[...COLUMNS, ...MORE].map((name) => String(row[name] ?? '')),
  Object.entries(row.labels ?? {})
    .map((pair) => pair.join(':'))
    .join(' '),
]

/** Every page of what is asked for. */
async function* rowsOf(asked: Query, told: Told): AsyncGenerator<Row> {
  let cursor: string | undefined
  let count = 0
  do {
    const page = await daemon.adminListTransactions({ ...asked, limit: 100, ...(cursor && { cursor }) })
    count += page.items.length
    told(count)
    yield* page.items
    cursor = page.nextCursor ?? undefined
  } while (cursor)
}

async function listText(asked: Query, lineOf: (row: Row) => string, told: Told): Promise<string[]> {
  const lines: string[] = []
  for await (const row of rowsOf(asked, told)) lines.push(lineOf(row))
  return lines
}

async function booksText({ wallet_id, network, since, until }: Query, told: Told): Promise<string[]> {
  const lines: string[] = []
  let cursor: string | undefined
  let count = 0
  do {
    const page = await daemon.exportTransactions({
      ...{ wallet_id, network, since, until, limit: 500 },
      ...(cursor && { cursor }),
    })
    if (lines.length === 0) lines.push(page.header)
    lines.push(page.csv)
    count += page.movements
    told(count)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return lines
}

const forms = {
  csv: {
    words: words.asCsv,
    name: 'activity.csv',
    read: async (asked: Query, told: Told) => [
      csvLine([...COLUMNS, ...MORE, 'labels']),
      ...(await listText(asked, (row) => csvLine(cells(row)), told)),
    ],
  },
  lines: {
    words: words.asLines,
    name: 'activity.jsonl',
    read: (asked: Query, told: Told) => listText(asked, (row) => `${JSON.stringify(row)}\n`, told),
  },
  books: { words: words.books, name: 'movements.csv', read: booksText },
}

/** All of what the filters leave, as a file. */
export function ExportDialog({ asked, close }: { readonly asked: Query; readonly close: () => void }) {
  const t = useT()
  const [count, setCount] = useState<number>()
  const [wrong, setWrong] = useState<string>()
  async function save({ name, read }: (typeof forms)[keyof typeof forms]) {
    setCount(0)
    setWrong(undefined)
    try {
      saveFile(name, await read(asked, setCount))
      close()
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
      setCount(undefined)
    }
  }
  return (
    <Dialog title={t(words.export)} close={close}>
      <div className="stack">
        {Object.entries(forms).map(([key, form]) => (
          <button
            key={key}
            type="button"
            className="button"
            disabled={count !== undefined}
            onClick={() => void save(form)}
          >
            {t(form.words)}
          </button>
        ))}
      </div>
      <p className="quiet small-text">{t(words.booksHint)}</p>
      {count !== undefined && <p role="status">{t(words.exporting, { count })}</p>}
      {wrong && <p role="alert">{wrong}</p>}
    </Dialog>
  )
}
