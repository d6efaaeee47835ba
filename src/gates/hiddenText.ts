/** G15: no invisible, direction-changing or tag characters in added lines, file names, title, body or commit messages. */
import type { DiffBody } from '../core/evidence.ts'
import { hiddenCharacters, hiddenInName } from '../core/hiddenText.ts'
import { code, count, listed } from '../core/sentences.ts'
import { type Annotation, fail, flag, pass } from '../core/verdict.ts'
import { commitsRequest, diffRequest, type Gate, type GateInput, withCommits, withDiff } from './gate.ts'

export const hiddenText: Gate = {
  id: 'hidden-text',
  requirement: 'G15',
  title: 'Hidden text',
  about:
    'No invisible, direction-changing or tag characters in added lines, file names, title, description or commit messages.',
  reads: 'diff',
  acceptedBy: 'senior',
  off: () => null,
  needs: (input) => [diffRequest(input), commitsRequest(input)],
  evaluate: (input) =>
    withDiff(input, (diff) =>
      withCommits(input, (commits) => {
        const texts = [
          { where: 'the title', text: input.title },
          { where: 'the description', text: input.body },
          ...commits.map((commit) => ({
            where: `the message of commit ${commit.sha.slice(0, 8)}`,
            text: commit.message,
          })),
        ]
        const inTexts = texts.flatMap(({ where, text }) =>
          hiddenCharacters(text, 3).map((one) => `${one.codePoint} (${one.name}) in ${where}`),
        )
        const inNames = diff.files.flatMap((file) =>
          hiddenInName(`${file.path}${file.linkTarget ?? ''}`, 3).map(
            (one) => `${one.codePoint} (${one.name}) in a file name`,
          ),
        )
        const elsewhere = [...inTexts, ...inNames]
        const annotations = inLines(diff)
        if (elsewhere.length + annotations.length > 0) return found(elsewhere, annotations)
        return unread(diff, input)
      }),
    ),
}

function found(elsewhere: string[], annotations: Annotation[]) {
  const places = [...elsewhere, ...annotations.map((one) => one.message)]
  return fail(
    `Hidden characters: ${listed(places, 4)} (rule G15). Remove them and push or edit; nothing is stripped silently.`,
    annotations.slice(0, 50),
  )
}

function inLines(diff: DiffBody): Annotation[] {
  return diff.files.flatMap((file) =>
    file.added.flatMap(({ line, text }) =>
      // A byte order mark may open a file.
      hiddenCharacters(line === 1 ? text.replace(/^\u{feff}/u, '') : text, 3).map((one) => ({
        path: file.path,
        startLine: line,
        endLine: line,
        level: 'failure' as const,
        message: `${one.codePoint} (${one.name}) in ${file.path}:${line}, column ${one.column}`,
      })),
    ),
  )
}

/** What is text by its name. */
const textual =
  /\.(?:[cm]?[jt]sx?|py|rb|go|rs|java|kts?|cs|php|swift|scala|c|h|cc|cpp|hpp|m|sh|bash|zsh|ps1|sql|html?|css|scss|vue|svelte|ya?ml|json|toml|xml|md|mdx|txt)$/i

function unread(diff: DiffBody, _input: GateInput) {
  const opaque = diff.files.filter(
    (file) => file.binary && file.status !== 'deleted' && textual.test(file.path),
  )
  if (opaque.length > 0)
    return flag(
      `${listed(opaque.map((file) => code(file.path)))} ${opaque.length === 1 ? 'holds' : 'hold'} NUL bytes, so no diff shows what is inside and nothing in there was searched. Write it as text, or a senior accepts it with the Accept button.`,
    )
  const cut = diff.files.filter((file) => file.truncated)
  if (cut.length > 0)
    return flag(
      `${count(cut.length, 'file')} too large to be searched for hidden text to the end. Split the change, or a senior accepts it with the Accept button.`,
    )
  return pass('No hidden characters.')
}
