/** Hidden characters: invisible, direction-changing and tag characters that a reader cannot see and a model can (D4, G15). */

export interface HiddenCharacter {
  /** `U+202E`. */
  codePoint: string
  /** What it is, for the sentence. */
  name: string
  /** 1-based. */
  line: number
  /** 1-based, counted in code points. */
  column: number
}

/** Ranges of code points with the words shown for them; first match wins. */
const ranges: readonly [number, number, string][] = [
  [0x00, 0x08, 'control character'],
  [0x0b, 0x0c, 'control character'],
  [0x0e, 0x1f, 'control character'],
  [0x7f, 0x9f, 'control character'],
  [0xad, 0xad, 'soft hyphen'],
  [0x34f, 0x34f, 'combining grapheme joiner'],
  [0x61c, 0x61c, 'direction mark'],
  [0x115f, 0x1160, 'Hangul filler'],
  [0x17b4, 0x17b5, 'invisible vowel'],
  [0x180b, 0x180f, 'invisible separator or selector'],
  [0x200b, 0x200d, 'zero-width character'],
  [0x200e, 0x200f, 'direction mark'],
  [0x2028, 0x2029, 'hidden line separator'],
  [0x202a, 0x202e, 'direction override'],
  [0x2060, 0x2065, 'invisible operator'],
  [0x2066, 0x2069, 'direction isolate'],
  [0x206a, 0x206f, 'deprecated format character'],
  [0x3164, 0x3164, 'Hangul filler'],
  [0xfe00, 0xfe0f, 'variation selector'],
  [0xfeff, 0xfeff, 'zero-width no-break space'],
  [0xffa0, 0xffa0, 'Hangul filler'],
  [0xfff9, 0xfffb, 'interlinear annotation'],
  [0x1d173, 0x1d17a, 'invisible musical mark'],
  [0xe0000, 0xe007f, 'tag character'],
  [0xe0100, 0xe01ef, 'variation selector'],
]

const pictograph = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u{fe0f}/u
const emojiBase = /\p{Emoji}|\p{Extended_Pictographic}/u
const quick = /[^\t\n\r\x20-\x7e]/

/**
 * Every hidden character of a text, in order, at most `most`. Lines end at LF or CRLF. Joiners and selectors inside
 * an emoji are what GitHub itself inserts for a smiling family, so they are let through; nothing else is.
 */
export function hiddenCharacters(text: string, most = 50): HiddenCharacter[] {
  const found: HiddenCharacter[] = []
  if (!quick.test(text)) return found
  let line = 1
  let column = 0
  const characters = Array.from(text)
  for (const [index, character] of characters.entries()) {
    if (character === '\n') {
      line++
      column = 0
      continue
    }
    column++
    const name = nameOf(character, characters[index - 1], characters[index + 1])
    if (!name) continue
    const hex = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')
    found.push({ codePoint: `U+${hex}`, name, line, column })
    if (found.length >= most) break
  }
  return found
}

/** The same for the name of a file, which is one line: breaks and tabs in it count as well. `line` is always 1. */
export function hiddenInName(name: string, most = 50): HiddenCharacter[] {
  const breaks = Array.from(name).flatMap((character, index): HiddenCharacter[] => {
    const point = character.codePointAt(0) as number
    if (point !== 9 && point !== 10 && point !== 13) return []
    const codePoint = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
    return [{ codePoint, name: point === 9 ? 'tab' : 'line break', line: 1, column: index + 1 }]
  })
  return [...breaks, ...hiddenCharacters(name.replace(/[\t\n\r]/g, ' '), most)].slice(0, most)
}

function nameOf(character: string, before: string | undefined, after: string | undefined): string | null {
  const point = character.codePointAt(0) as number
  const range = ranges.find(([from, to]) => point >= from && point <= to)
  if (!range) return /^[\ud800-\udfff]$/.test(character) ? 'lone surrogate' : null
  if (point === 0x200d && before && after && pictograph.test(before) && pictograph.test(after)) return null
  if ((point === 0xfe0f || point === 0xfe0e) && before && emojiBase.test(before)) return null
  return range[2]
}
