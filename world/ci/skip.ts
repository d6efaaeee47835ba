/** The words in a commit message that keep Actions from running. */

const WORDS = /\[(skip ci|ci skip|no ci|skip actions|actions skip)\]/
/** The trailer stands after an empty line at the end, alone or with other trailers. */
const TRAILER = /^skip-checks:\s*true\s*$/m

/** Whether the head commit's message suppresses workflow runs of pushes and pull requests. */
export function asksToSkip(message: string): boolean {
  const trailers =
    message
      .trimEnd()
      .split(/\n\s*\n/)
      .slice(1)
      .at(-1) ?? ''
  return WORDS.test(message) || TRAILER.test(trailers)
}
