/** Writes settings into a `.env` file, keeping what else it holds, readable by its owner only. */
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/**
 * Set variables in the file: a line that sets one already is replaced, others are added at the end. Values may be quoted
 * already, as Probot hands them in; line breaks in them become `\n`.
 *
 * @param path of the file; made when it is not there, with mode 0600 since it holds the App's private key.
 */
export function writeSettings(path: string, settings: Readonly<Record<string, string | undefined>>): void {
  let text = existing(path)
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined || !/^[A-Z][A-Z0-9_]*$/.test(name)) continue
    const line = `${name}=${value.replace(/\r?\n/g, '\\n')}`
    const before = new RegExp(`^${name}=.*$`, 'm')
    // As a function, since `$` in a value means something in a replacement text.
    if (before.test(text)) text = text.replace(before, () => line)
    else text += `${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`
  }
  // Renamed into place, so that a crash leaves the old file or the new one.
  const aside = `${path}.new`
  writeFileSync(aside, text, { mode: 0o600 })
  chmodSync(aside, 0o600)
  renameSync(aside, path)
}

function existing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
