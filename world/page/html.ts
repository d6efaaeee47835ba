/** HTML that is escaped by construction (T37): text only ever enters a page through the `html` tag, which escapes it. */

/** Markup that is safe to send. Only this module and markdown.ts make it. */
export type Html = { readonly markup: string; readonly [mark]: true }
type Part = Html | string | number | null | undefined | false | readonly Part[]

const mark: unique symbol = Symbol('html')

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Characters that turn text around or hide it are shown by name, so that a title reads as what it is. */
const INVISIBLE = /(?![\t\n\r])[\p{Cc}\p{Cf}]/gu

export function escapeText(text: string): string {
  return entities(text).replace(INVISIBLE, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
    return `[U+${code.padStart(4, '0')}]`
  })
}

/** For the values of form fields, which must come back exactly as they were. */
export const verbatim = (text: string): Html => trusted(entities(text))

const entities = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

/** Tagged template: literal parts are markup, interpolated strings and numbers are text, null and false are nothing. */
export function html(literals: TemplateStringsArray, ...parts: Part[]): Html {
  const markup = literals.reduce(
    (whole, literal, index) => whole + literal + show(index < parts.length ? parts[index] : null),
    '',
  )
  return trusted(markup)
}

/** For markup assembled from escaped pieces; never for text from outside. */
export const trusted = (markup: string): Html => ({ markup, [mark]: true })

function show(part: Part): string {
  if (part === null || part === undefined || part === false) return ''
  if (typeof part === 'string') return escapeText(part)
  if (typeof part === 'number') return String(part)
  if ('markup' in part) return part.markup
  return part.map(show).join('')
}
