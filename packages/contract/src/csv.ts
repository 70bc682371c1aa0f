/** What spreadsheets take for a formula when a cell begins with it. */
const RUNS = /^[=+\-@\t\r]/

/**
 * One line of CSV (RFC 4180), its end included. A cell that a spreadsheet would run gets an apostrophe in front, which
 * makes it text there.
 */
export const csvLine = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\r\n`

function cell(text: string): string {
  const harmless = RUNS.test(text) ? `'${text}` : text
  return harmless !== text || /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
