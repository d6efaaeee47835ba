/** What commands print. A terminal obeys control characters, so text of others reaches it with none that acts (T22, T26). */

/** Everything that a terminal would not show as it is, line breaks and tabs aside: escapes, and what turns or hides text. */
const acting = /[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\u2028\u2029]/gu

/** The text with each such character as `\u001b`: readable, and the same to whoever parses it as JSON. */
const shown = (text: string): string =>
  text.replace(acting, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  )

export const terminal = {
  out: (text: string) => void process.stdout.write(shown(text)),
  err: (text: string) => void process.stderr.write(shown(text)),
}
