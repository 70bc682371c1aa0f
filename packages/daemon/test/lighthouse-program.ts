// Lighthouse itself is in no package, so that the local VM runs this in its place: a program that reads one form of its
// instructions (AssertTokenAccountMulti) by the published layout, and fails where the token account is not as they say.

type Line = readonly [op: number, dst?: number, src?: number, off?: number | string, imm?: number]
/** A place that jumps name. */
type Label = string

// https://github.com/anza-xyz/sbpf/blob/main/doc/bytecode.md, in its first version.
const [MOV, MOV_REG, ADD, ADD_REG, AND] = [0xb7, 0xbf, 0x07, 0x0f, 0x57]
const [LOAD_8, LOAD_32, LOAD_64] = [0x71, 0x61, 0x79]
const [JUMP, IF_EQUAL, IF_NOT, IF_NOT_REG, IF_MORE_REG, IF_LESS_REG, EXIT] = [0x05, 0x15, 0x55, 0x5d, 0x2d, 0xad, 0x95]

// The one account that it is given: its length, and its data. Then comes what a program may add to it, and its rent epoch.
const [LENGTH, DATA, SPARE] = [88, 96, 10_240]
const [OWNER, AMOUNT, DELEGATE, DELEGATED, CLOSER] = [32, 64, 72, 121, 129].map((at) => DATA + at) as [
  number,
  number,
  number,
  number,
  number,
]
/** Where what is said (7) has another address than what is (4 and so much). */
const differs = (at: number): Line[] =>
  [0, 8, 16, 24].flatMap((step): Line[] => [
    [LOAD_64, 3, 4, at + step],
    [LOAD_64, 5, 7, step],
    [IF_NOT_REG, 3, 5, 'fail'],
  ])
/** What is said goes on behind its operator, which has to be equality. */
const equal: Line[] = [
  [LOAD_8, 3, 7, 0],
  [ADD, 7, 0, 0, 1],
  [IF_EQUAL, 3, 0, 'next', 0],
  [JUMP, 0, 0, 'fail'],
]
/** A number at a place, said with one operator, fails by one jump. */
const number = (at: number, operator: number, jump: number): Line[] => [
  [LOAD_64, 3, 6, at],
  [LOAD_64, 4, 7, 0],
  [LOAD_8, 5, 7, 8],
  [ADD, 7, 0, 0, 9],
  [IF_NOT, 5, 0, 'fail', operator],
  [jump, 3, 4, 'fail'],
  [JUMP, 0, 0, 'next'],
]

const code: readonly (Line | Label)[] = [
  [MOV_REG, 6, 1],
  [LOAD_64, 7, 6, LENGTH],
  [ADD, 7, 0, 0, SPARE + 7],
  [AND, 7, 0, 0, -8],
  [ADD_REG, 7, 6],
  // Behind the rent epoch the length of what is said, and that.
  [ADD, 7, 0, 0, DATA + 8 + 8],
  [LOAD_8, 3, 7, 0],
  [IF_NOT, 3, 0, 'fail', 10],
  [LOAD_8, 8, 7, 2],
  [ADD, 7, 0, 0, 3],
  'next',
  [MOV, 0, 0, 0, 0],
  [IF_EQUAL, 8, 0, 'end', 0],
  [ADD, 8, 0, 0, -1],
  [LOAD_8, 3, 7, 0],
  [ADD, 7, 0, 0, 1],
  [IF_EQUAL, 3, 0, 'owner', 1],
  [IF_EQUAL, 3, 0, 'amount', 2],
  [IF_EQUAL, 3, 0, 'delegated', 6],
  [MOV_REG, 4, 6],
  [ADD, 4, 0, 0, DELEGATE],
  [IF_EQUAL, 3, 0, 'optional', 3],
  [ADD, 4, 0, 0, CLOSER - DELEGATE],
  [IF_EQUAL, 3, 0, 'optional', 7],
  [JUMP, 0, 0, 'fail'],
  'owner',
  [MOV_REG, 4, 6],
  ...differs(OWNER),
  [ADD, 7, 0, 0, 32],
  ...equal,
  'amount',
  ...number(AMOUNT, 4, IF_LESS_REG),
  'delegated',
  ...number(DELEGATED, 5, IF_MORE_REG),
  'optional',
  [LOAD_32, 3, 4, 0],
  [LOAD_8, 5, 7, 0],
  [ADD, 7, 0, 0, 1],
  [IF_NOT_REG, 3, 5, 'fail'],
  [IF_EQUAL, 5, 0, 'none', 0],
  ...differs(4),
  [ADD, 7, 0, 0, 32],
  'none',
  ...equal,
  'fail',
  [MOV, 0, 0, 0, 6_000],
  'end',
  [EXIT],
]

function assembled(): Buffer {
  const places = new Map<Label, number>()
  const lines: Line[] = []
  for (const one of code) {
    if (typeof one === 'string') places.set(one, lines.length)
    else lines.push(one)
  }
  return Buffer.concat(
    lines.map(([op, dst = 0, src = 0, off = 0, imm = 0], at) => {
      const bytes = Buffer.alloc(8)
      bytes[0] = op
      bytes[1] = dst | (src << 4)
      bytes.writeInt16LE(typeof off === 'string' ? places.get(off)! - at - 1 : off, 2)
      bytes.writeInt32LE(imm, 4)
      return bytes
    }),
  )
}

const [HEADER, PROGRAM_HEADER, SECTION_HEADER] = [64, 56, 64]
const names = '\0.text\0.shstrtab\0'

/** As an ELF file: one section that runs, and the names of the sections. */
export function lighthouseStandIn(): Buffer {
  const text = assembled()
  const textAt = HEADER + PROGRAM_HEADER
  const namesAt = textAt + text.length
  const sectionsAt = Math.ceil((namesAt + names.length) / 8) * 8
  const file = Buffer.alloc(sectionsAt + 3 * SECTION_HEADER)
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  // A shared object of this machine, and how many headers there are where, and how long.
  const [SHARED, SBPF] = [3, 247]
  file.writeUInt16LE(SHARED, 16)
  file.writeUInt16LE(SBPF, 18)
  file.writeUInt32LE(1, 20)
  for (const [at, place] of [textAt, HEADER, sectionsAt].entries()) file.writeBigUInt64LE(BigInt(place), 24 + 8 * at)
  for (const [at, value] of [HEADER, PROGRAM_HEADER, 1, SECTION_HEADER, 3, 2].entries())
    file.writeUInt16LE(value, 52 + 2 * at)
  // Loaded where it stands, to be read and run.
  file.writeUInt32LE(1, HEADER)
  file.writeUInt32LE(5, HEADER + 4)
  for (const [at, value] of [textAt, textAt, textAt, text.length, text.length, 8].entries())
    file.writeBigUInt64LE(BigInt(value), HEADER + 8 + 8 * at)
  file.set(text, textAt)
  file.write(names, namesAt)
  const section = (at: number, [name, type, flags, place, size]: readonly number[]) => {
    const from = sectionsAt + at * SECTION_HEADER
    file.writeUInt32LE(name!, from)
    file.writeUInt32LE(type!, from + 4)
    for (const [index, value] of [flags!, place!, place!, size!].entries())
      file.writeBigUInt64LE(BigInt(value), from + 8 + 8 * index)
    file.writeBigUInt64LE(8n, from + 48)
  }
  section(1, [1, 1, 6, textAt, text.length])
  section(2, [7, 3, 0, namesAt, names.length])
  return file
}
