/** The one tool of a fix session that changes anything: it replaces text inside the region, by construction (F2, S10). */
import { z } from 'zod'
import { hiddenCharacters } from '../core/hiddenText.ts'
import { type FileTools, type Tool, ToolRefusal } from '../core/ports.ts'
import { FixDeliverable } from '../fix/deliverable.ts'
import type { LineRange } from '../fix/lineMap.ts'
import { editTool, handInTool } from '../fix/prompt.ts'
import { bytesAsText, cut, join, prove, textAsBytes } from '../fix/proof.ts'
import { tool } from './tools/tool.ts'

const text = z.string().max(200_000)
const byteOrderMark = '\u00ef\u00bb\u00bf'

export interface Region {
  directory: string
  path: string
  /** The file before this session, one code unit a byte. */
  before: string
  range: LineRange
}

/** UTF-8 of a byte string, or null when it is none. */
export function decoded(bytes: string): string | null {
  const raw = Buffer.from(bytes, 'latin1')
  const decodedText = raw.toString('utf8')
  return Buffer.from(decodedText, 'utf8').equals(raw) ? decodedText : null
}

/** What now stands inside the region. The file on disk tells, so that a resumed session goes on where it was. */
export async function regionNow(files: FileTools, region: Region): Promise<string> {
  const now = bytesAsText(await files.readBytes(region.directory, region.path))
  const proof = prove(region.before, now, [region.range])
  if (!proof.ok) throw new ToolRefusal(`The file is not as it should be: ${proof.sentence}.`)
  return proof.inside[0] ?? ''
}

/** The editing tool. Everything outside the region is taken from the file as it was before the session. */
export function regionTool(files: FileTools, region: Region): Tool {
  const { outside, inside } = cut(region.before, [region.range])
  const original = inside[0] ?? ''
  const crlf = lineEnding(original === '' ? region.before : original) === '\r\n'
  return tool({
    name: editTool,
    description:
      'Replace text inside the region. old_text must occur there exactly once, as it is, without line numbers; give all of the region to rewrite it, or an empty old_text when the region is empty.',
    input: z.strictObject({ old_text: text, new_text: text }),
    hasEffect: true,
    async execute(input) {
      const bytes = await regionNow(files, region)
      const mark = region.range.from === 1 && bytes.startsWith(byteOrderMark) ? byteOrderMark : ''
      const now = decoded(bytes.slice(mark.length))
      if (now === null) throw new ToolRefusal('The region is not UTF-8 and cannot be edited as text.')
      const [hidden] = hiddenCharacters(input.new_text, 1)
      if (hidden)
        throw new ToolRefusal(`new_text holds ${hidden.codePoint} (${hidden.name}), which nobody could see.`)
      const next = replaced(plain(now, crlf), plain(input.old_text, crlf), plain(input.new_text, crlf))
      const ended = ending(next, original, region.before, outside[1] ?? '')
      const written =
        mark + Buffer.from(crlf ? ended.replaceAll('\n', '\r\n') : ended, 'utf8').toString('latin1')
      const file = join(outside, [written])
      const proof = prove(region.before, file, [region.range])
      if (!proof.ok) throw new ToolRefusal(`This would reach outside the region: ${proof.sentence}.`)
      await files.replaceBytes(region.directory, region.path, textAsBytes(file))
      return 'Replaced. Nothing outside the region changed.'
    },
  })
}

/** Line endings as the model writes them; those of a CRLF region are put back when it is written. */
const plain = (value: string, crlf: boolean) => (crlf ? value.replaceAll('\r\n', '\n') : value)

/** CRLF only when every line of the text ends so. */
function lineEnding(value: string): '\n' | '\r\n' {
  const all = value.split('\n').length - 1
  return all > 0 && value.split('\r\n').length - 1 === all ? '\r\n' : '\n'
}

function replaced(now: string, old: string, fresh: string): string {
  if (old === '') {
    if (now !== '')
      throw new ToolRefusal('old_text is empty and the region is not. Copy the text to be replaced.')
    return fresh
  }
  const first = now.indexOf(old)
  if (first === -1)
    throw new ToolRefusal(
      'old_text does not occur in the region as it stands now. Only the region can be changed; what is outside is answered under needs.',
    )
  if (now.includes(old, first + 1))
    throw new ToolRefusal('old_text occurs more than once in the region. Include more around it.')
  return now.slice(0, first) + fresh + now.slice(first + old.length)
}

/** A last line keeps the line feed it had, and one that had none gets none: the next line is never joined to it. */
function ending(next: string, original: string, before: string, after: string): string {
  if (next === '') return next
  const wants =
    original === '' ? after !== '' || before.endsWith('\n') || before === '' : original.endsWith('\n')
  if (wants) return next.endsWith('\n') ? next : `${next}\n`
  return next.replace(/\r?\n$/, '')
}

/** The tool that ends the session. */
export const fixHandIn = (): Tool =>
  tool({
    name: handInTool,
    description: 'Hand in the answers and end the session.',
    input: FixDeliverable,
    hasEffect: false,
    async execute(input) {
      if (/\\u0000|\\ud[89a-f][0-9a-f]{2}/i.test(JSON.stringify(input)))
        throw new ToolRefusal('The text holds a NUL or half of a surrogate pair. Leave such characters out.')
      return 'Handed in.'
    },
  })
