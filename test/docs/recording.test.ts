import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { linesOf, svgOf } from '../../scripts/recording.ts'
import { root } from './markdown.ts'

test('lines are those of the terminal, whatever pieces they came in', () => {
  const heard = [
    { atMs: 0, text: 'one' },
    { atMs: 5, text: ' and more\r\n\r\n\u001b[32mtwo\u001b' },
    { atMs: 9, text: '[0m' },
  ]
  expect(linesOf(heard)).toEqual([
    { atMs: 0, text: 'one and more' },
    { atMs: 5, text: '' },
    { atMs: 5, text: 'two' },
  ])
  expect(linesOf([{ atMs: 0, text: 'x'.repeat(130) }]).map(({ text }) => text.length)).toEqual([112, 18])
})

test('the picture shows the lines one after the other, long pauses made shorter, and what looks like markup as text', () => {
  const svg = svgOf(
    [
      { atMs: 0, text: '$ <b>' },
      { atMs: 60_000, text: 'a & b' },
    ],
    'title',
  )
  expect(svg).toContain('>$ &lt;b&gt;</text>')
  expect(svg).toContain('>a &amp; b</text>')
  const [, totalMs] = /animation:scroll (\d+)ms/.exec(svg) ?? []
  expect(Number(totalMs)).toBeLessThan(10_000)
  expect(svg).not.toMatch(/<b>/)
})

test('the recording in the documents is one of the demo as it is, and asks nobody for anything', () => {
  const svg = readFileSync(join(root, 'docs/images/demo.svg'), 'utf8')
  const said = [...svg.matchAll(/<text[^>]*>(.*)<\/text>/g)].map(([, text]) => text!)
  expect(said[0]).toBe('$ npm run demo')
  expect(said).toContain('demo: 6 landed, 1 refused, 1 stopped, 2 waiting')
  // The test of the demo at a terminal sees that line, too.
  expect(readFileSync(join(root, 'test/demo.test.ts'), 'utf8')).toContain(
    'demo: 6 landed, 1 refused, 1 stopped, 2 waiting',
  )
  expect(said).toContain('nothing waits any more')
  const outside = svg.replace('xmlns="http://www.w3.org/2000/svg"', '').replaceAll(/<text[^>]*>.*<\/text>/g, '')
  expect(outside).not.toMatch(/https?:|href|url\(|@import|@font-face|<script|<foreignObject/)
})
