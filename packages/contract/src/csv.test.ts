import { expect, test } from 'vitest'
import { csvLine } from './csv.ts'

test.each([
  [['a', '', '1.5'], 'a,,1.5\r\n'],
  [['a,b', 'say "x"', 'two\nlines'], '"a,b","say ""x""","two\nlines"\r\n'],
  [['=1+1'], `"'=1+1"\r\n`],
  [['+1', '-1', '@SUM(A1)'], `"'+1","'-1","'@SUM(A1)"\r\n`],
  [['\tx', '\rx'], `"'\tx","'\rx"\r\n`],
  [['=HYPERLINK("http://x","y")'], `"'=HYPERLINK(""http://x"",""y"")"\r\n`],
  [['a=1', ' =1', '0x-1'], 'a=1, =1,0x-1\r\n'],
])('%j', (cells, line) => {
  expect(csvLine(cells)).toBe(line)
})
