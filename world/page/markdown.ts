/** The Markdown that check runs and comments use, rendered from escaped text: whatever is not known here stays text. */
import { escapeText, type Html, trusted } from './html.ts'

const MAX_CHARACTERS = 70_000

/** Headings, paragraphs, lists, quotes, fences, tables, rules, `<details>`; HTML comments vanish as on GitHub. */
export function markdown(source: string): Html {
  const text = source.slice(0, MAX_CHARACTERS).replace(/\r\n?/g, '\n')
  return trusted(blocks(text.replace(/<!--[\s\S]*?(-->|$)/g, '').split('\n')))
}

function blocks(lines: string[]): string {
  const out: string[] = []
  let open = 0
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? ''
    const fence = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line)
    const summary = /^\s*(<details( open)?>)?\s*<summary>(.*?)<\/summary>\s*$/.exec(line)
    if (fence !== undefined) {
      const end = lines.findIndex((other, i) => i > at && other.trim().startsWith(fence))
      const until = end < 0 ? lines.length : end
      out.push(`<pre><code>${escapeText(lines.slice(at + 1, until).join('\n'))}</code></pre>`)
      at = until + 1
    } else if (heading !== null) {
      // The page's own headings stand above those of its texts.
      const level = Math.min(6, (heading[1] ?? '').length + 2)
      out.push(`<h${level}>${inline(heading[2] ?? '')}</h${level}>`)
      at++
    } else if (/^\s*<details( open)?>\s*$/.test(line) || summary !== null) {
      if (summary === null || summary[1] !== undefined) {
        out.push(line.includes(' open>') ? '<details open>' : '<details>')
        open++
      }
      if (summary !== null) out.push(`<summary>${inline(summary[3] ?? '')}</summary>`)
      at++
    } else if (/^\s*<\/details>\s*$/.test(line) && open > 0) {
      out.push('</details>')
      open--
      at++
    } else if (line.startsWith('|') && /^\|[\s:|-]+\|?\s*$/.test(lines[at + 1] ?? '')) {
      const end = until(lines, at, (other) => !other.startsWith('|'))
      out.push(table(lines.slice(at, end)))
      at = end
    } else if (/^\s*>/.test(line)) {
      const end = until(lines, at, (other) => !/^\s*>/.test(other))
      out.push(
        `<blockquote>${blocks(lines.slice(at, end).map((other) => other.replace(/^\s*> ?/, '')))}</blockquote>`,
      )
      at = end
    } else if (ITEM.test(line)) {
      const end = until(lines, at, (other) => !ITEM.test(other) && !/^\s+\S/.test(other))
      out.push(listOf(lines.slice(at, end)))
      at = end
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      out.push('<hr>')
      at++
    } else if (line.trim() === '') at++
    else {
      const end = Math.max(
        at + 1,
        until(lines, at, (other) => other.trim() === '' || STARTS_BLOCK.test(other)),
      )
      out.push(`<p>${lines.slice(at, end).map(inline).join('<br>')}</p>`)
      at = end
    }
  }
  return out.join('\n') + '</details>'.repeat(open)
}

const ITEM = /^\s*([-*+]|\d{1,9}[.)])\s+/
const STARTS_BLOCK =
  /^(\s{0,3}(`{3,}|~{3,})|#{1,6}\s|\||\s*>|\s*([-*+]|\d{1,9}[.)])\s|\s*<\/?(details|summary))/

/** The first line after `at` that ends the block. */
function until(lines: string[], at: number, ends: (line: string) => boolean): number {
  const end = lines.findIndex((line, index) => index > at && ends(line))
  return end < 0 ? lines.length : end
}

/** One flat list; a continued line belongs to its item, nesting shows as indentation only. */
function listOf(lines: string[]): string {
  const items: string[] = []
  for (const line of lines) {
    const item = ITEM.exec(line)
    if (item === null) items.push(`${items.pop() ?? '<li>'}<br>${inline(line.trim())}`)
    else {
      const text = line.slice(item[0].length)
      const box = /^\[([ xX])\]\s/.exec(text)
      const shown = box === null ? inline(text) : `${box[1] === ' ' ? '☐' : '☑'} ${inline(text.slice(4))}`
      items.push(`${/^\s{2,}/.test(line) ? '<li class="nested">' : '<li>'}${shown}`)
    }
  }
  const tag = /^\s*\d/.test(lines[0] ?? '') ? 'ol' : 'ul'
  return `<${tag}>${items.map((item) => `${item}</li>`).join('')}</${tag}>`
}

function table(lines: string[]): string {
  const cells = (line: string) =>
    line
      .trim()
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => inline(cell.trim().replaceAll('\\|', '|')))
  const [head = '', , ...rows] = lines
  const row = (tag: string, line: string) =>
    `<tr>${cells(line)
      .map((cell) => `<${tag}>${cell}</${tag}>`)
      .join('')}</tr>`
  return `<table class="text"><thead>${row('th', head)}</thead><tbody>${rows.map((line) => row('td', line)).join('')}</tbody></table>`
}

const CODE = /^(`+)(.+?)\1$/
const LINK = /^!?\[([^\]]*)\]\((https?:\/\/[^\s)"'<>]+)\)$/

/** Code spans and links to http(s) come first, so that nothing inside them is taken for markup. */
function inline(text: string): string {
  return text
    .split(/(`+[^`]+`+|!?\[[^\]]*\]\(https?:\/\/[^\s)"'<>]+\))/)
    .map((part) => {
      const code = CODE.exec(part)?.[2]
      if (code !== undefined) return `<code>${escapeText(code.trim())}</code>`
      const [, words = '', address = ''] = LINK.exec(part) ?? []
      if (address === '') return emphasis(escapeText(part))
      return `<a href="${escapeText(address)}" rel="noreferrer noopener nofollow">${escapeText(words)}</a>`
    })
    .join('')
}

/** Strong, emphasis, a line break, entities, backslashes and a hint by `<span title>`, in text that is escaped already. */
function emphasis(escaped: string): string {
  return escaped
    .replace(
      /&lt;span title=&quot;((?:(?!&quot;)[^<>])*)&quot;&gt;(.*?)&lt;\/span&gt;/g,
      '<span title="$1">$2</span>',
    )
    .replace(/&lt;br ?\/?&gt;/g, '<br>')
    .replace(/\*\*(\S.*?)\*\*/g, '<strong>$1</strong>')
    .replace(/(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])/g, '<em>$1</em>')
    .replace(/(?<![\w"])_(?=\S)([^_<>]+?)(?<=\S)_(?!\w)/g, '<em>$1</em>')
    .replace(/&amp;(amp|lt|gt|quot|#39);/g, '&$1;')
    .replace(/\\([[\]|*\\`_])/g, '$1')
}
