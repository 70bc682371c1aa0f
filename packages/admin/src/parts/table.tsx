import {
  columnFilteringFeature,
  createFilteredRowModel,
  createSortedRowModel,
  filterFns,
  globalFilteringFeature,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { type ReactNode, useMemo } from 'react'

const features = tableFeatures({
  columnFilteringFeature,
  globalFilteringFeature,
  rowSortingFeature,
  filteredRowModel: createFilteredRowModel(),
  sortedRowModel: createSortedRowModel(),
  filterFns,
  sortFns,
})

export type Column<Row> = {
  readonly key: string
  readonly head: string
  readonly cell: (row: Row) => ReactNode
  /** What it is sorted and searched by; without it the column is neither. */
  readonly by?: (row: Row) => string | number
  /** Numbers stand at the end of their column. */
  readonly isNumber?: boolean
}

type Props<Row extends object> = {
  /** Says what the table is, to who cannot see it. */
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly idOf: (row: Row) => string
  readonly empty?: ReactNode
  /** Only rows with this text in what they are searched by. */
  readonly search?: string
}

/** Rows of data: sorted by a press on the head of a column, and cards on a phone. */
export function DataTable<Row extends object>({ caption, columns, rows, idOf, empty, search = '' }: Props<Row>) {
  const defined = useMemo(
    () =>
      columns.map(({ key, head, by }) => ({
        id: key,
        header: head,
        ...(by === undefined ? { enableSorting: false } : { accessorFn: by }),
      })),
    [columns],
  )
  const data = useMemo(() => [...rows], [rows])
  const table = useTable({
    features,
    columns: defined,
    data,
    getRowId: idOf,
    state: { globalFilter: search },
  })
  const shown = table.getRowModel().rows
  if (shown.length === 0 && empty !== undefined) return empty
  const byKey = new Map(columns.map((each) => [each.key, each]))
  return (
    <div className="table-place">
      <table className="table">
        <caption className="hidden">{caption}</caption>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map(({ id, column }) => (
                <Head
                  key={id}
                  column={byKey.get(id)!}
                  sorted={column.getIsSorted()}
                  sort={() => column.toggleSorting()}
                />
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={row.id}>
              {columns.map(({ key, head, cell, isNumber }) => (
                <td key={key} data-head={head} className={isNumber ? 'number' : ''}>
                  {cell(row.original)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

type HeadProps = {
  readonly column: Pick<Column<never>, 'head' | 'isNumber'> & { readonly by?: unknown }
  readonly sorted: false | 'asc' | 'desc'
  readonly sort: () => void
}

const ARIA = { asc: 'ascending', desc: 'descending' } as const
const SIGN = { asc: ' ↑', desc: ' ↓' } as const

const Head = ({ column: { head, isNumber, by }, sorted, sort }: HeadProps) => (
  <th scope="col" className={isNumber ? 'number' : ''} aria-sort={sorted ? ARIA[sorted] : undefined}>
    {by === undefined ? (
      head
    ) : (
      <button type="button" className="sort" onClick={sort}>
        {head}
        {sorted && SIGN[sorted]}
      </button>
    )}
  </th>
)
