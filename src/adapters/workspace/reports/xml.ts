/** A small reader of XML reports: tags, attributes and text, no document type, no entities but the five of XML. */
import type { Parsed } from './read.ts'

export interface XmlHandler {
  open(name: string, attributes: Readonly<Record<string, string>>): void
  text(text: string): void
  close(name: string): void
}

const maximumTags = 2_000_000
const maximumDepth = 100
const names: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const tag = /<(\/)?([A-Za-z_][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/)?>/y
const attribute = /([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g
/** Parts that carry nothing for a report. A document type with a subset of its own could define entities: refused. */
const skipped = [
  ['<!--', '-->'],
  ['<?', '?>'],
] as const

/** Feed the document to a handler; a problem names the offset at which it stops being a report. */
export function readXml(text: string, handler: XmlHandler): Parsed<null> {
  const open: string[] = []
  let tags = 0
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('<', at)
    const stretch = text.slice(at, next === -1 ? text.length : next)
    if (stretch.trim() !== '') handler.text(decode(stretch))
    if (next === -1) break
    const past = skip(text, next, handler)
    if (past === -1) return bad('is cut off or has a document type of its own', next)
    if (past > next) {
      at = past
      continue
    }
    tag.lastIndex = next
    const match = tag.exec(text)
    if (!match) return bad('is not well-formed XML', next)
    const [whole, closing, name = '', written = '', single] = match
    at = next + whole.length
    tags += 1
    if (tags > maximumTags || open.length > maximumDepth)
      return bad('has too many or too deeply nested elements', next)
    if (closing) {
      if (open.pop() !== name) return bad(`closes <${name}> that is not open`, next)
      handler.close(name)
      continue
    }
    const attributes: Record<string, string> = Object.create(null)
    for (const [, key, double, plain] of written.matchAll(attribute))
      attributes[key as string] = decode(double ?? plain ?? '')
    handler.open(name, attributes)
    if (single) handler.close(name)
    else open.push(name)
  }
  if (open.length > 0) return bad(`ends inside <${open.at(-1)}>`, text.length)
  return tags === 0 ? bad('holds no element', 0) : { ok: true, value: null }
}

/** The offset after a comment, instruction, CDATA or document type; `at` itself when there is none; -1 when refused. */
function skip(text: string, at: number, handler: XmlHandler): number {
  for (const [start, end] of skipped) {
    if (!text.startsWith(start, at)) continue
    const found = text.indexOf(end, at + start.length)
    return found === -1 ? -1 : found + end.length
  }
  if (text.startsWith('<![CDATA[', at)) {
    const found = text.indexOf(']]>', at)
    if (found === -1) return -1
    handler.text(text.slice(at + 9, found))
    return found + 3
  }
  if (!text.startsWith('<!', at)) return at
  const found = text.indexOf('>', at)
  return found === -1 || text.slice(at, found).includes('[') ? -1 : found + 1
}

function decode(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w{1,8}));/g, (whole, hex, decimal, name) => {
    const known = name === undefined ? undefined : names[name as string]
    if (name !== undefined) return known ?? whole
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD'
  })
}

function bad(what: string, offset: number): Parsed<null> {
  return { ok: false, problem: `it ${what} (at character ${offset})` }
}
