/** Reads a page the way a browser does, and more strictly: every element is closed in order, every attribute quoted. */
import type { Html } from '../../src/web/html.ts'

export interface Element {
  tag: string
  attributes: Readonly<Record<string, string>>
  children: (Element | string)[]
}

const empty = new Set(['br', 'hr', 'img', 'input', 'link', 'meta'])
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
const decoded = (text: string) =>
  text.replace(/&([^;\s]*);?/g, (whole, name: string) => {
    const character = whole.endsWith(';') ? entities[name] : undefined
    if (character === undefined) throw new Error(`not an entity: ${whole}`)
    return character
  })

/** @throws Error where something is not closed, not quoted, or where a stray `<` or `&` shows that text was not escaped. */
export async function read(page: Html): Promise<Element> {
  const source = String(await page).replace(/^\s*<!doctype html>/i, '')
  const root: Element = { tag: '', attributes: {}, children: [] }
  const open = [root]
  const token =
    /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"<>]*")?)*)\s*(\/?)>|([^<>]+)|([<>])/gi
  for (const [whole, closing, tag = '', written = '', selfClosed, text] of source.matchAll(token)) {
    const at = open.at(-1) ?? root
    if (text !== undefined) at.children.push(decoded(text))
    else if (tag === '') throw new Error(`a stray ${whole}`)
    else if (closing) {
      if (open.pop()?.tag !== tag) throw new Error(`</${tag}> closes <${at.tag}>`)
    } else {
      const pairs = [...written.matchAll(/([a-zA-Z][a-zA-Z0-9-]*)(?:="([^"]*)")?/g)]
      const attributes = Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, decoded(value)]))
      const element = { tag, attributes, children: [] }
      at.children.push(element)
      if (!selfClosed && !empty.has(tag)) open.push(element)
    }
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)?.tag}> is never closed`)
  return root
}

/** Elements by tag and class, `path.line`, in the order of the page; either part may be left out. */
export function all(within: Element, selector: string): Element[] {
  const [tag = '', ...classes] = selector.split('.')
  return within.children.flatMap((child) => {
    if (typeof child === 'string') return []
    const own = (child.attributes['class'] ?? '').split(' ')
    const fits = (tag === '' || child.tag === tag) && classes.every((one) => own.includes(one))
    return [...(fits ? [child] : []), ...all(child, selector)]
  })
}

export function one(within: Element, selector: string): Element {
  const [found, ...more] = all(within, selector)
  if (!found || more.length > 0) throw new Error(`${found ? more.length + 1 : 0} elements are ${selector}`)
  return found
}

/** What is read on the page, with single spaces. */
export function textOf(element: Element): string {
  const words = (one: Element): string =>
    one.children.map((child) => (typeof child === 'string' ? child : words(child))).join('')
  return words(element).replace(/\s+/g, ' ').trim()
}
