/** G11: protected surfaces stay manual until a senior allows the finished diff by button (D3). */
import { protectedHits } from '../core/protectedPaths.ts'
import { code, listed } from '../core/sentences.ts'
import { fail, flag, pass } from '../core/verdict.ts'
import { diffGate } from './gate.ts'

export const protectedPaths = diffGate({
  id: 'protected-paths',
  requirement: 'G11',
  title: 'Protected paths',
  about:
    "Protected surfaces are touched only with a senior's button: both names of a rename, links, submodules and modes count.",
  acceptedBy: 'senior',
  judge: (diff, input) => {
    if (diff.files.some((file) => !file.pathIsUtf8))
      return fail(
        'A file name is not valid UTF-8, so it cannot be matched against protected paths. Rename and push.',
      )
    const hits = diff.files.flatMap((file) => protectedHits(input.protectedRules, file).slice(0, 1))
    if (hits.length === 0) return pass('No protected path is touched.')
    const named = listed(
      hits.map(
        (hit) => `${code(hit.path)} (${hit.surface}${hit.how === 'the path' ? '' : `; ${code(hit.how)}`})`,
      ),
    )
    return flag(
      `The diff touches ${named}, protected by rule D3. A senior named in policy allows it with the Accept button on this check; there is no comment form.`,
      hits.map((hit) => ({
        path: hit.path,
        startLine: 1,
        endLine: 1,
        level: 'warning' as const,
        message: `Protected: ${hit.surface} (D3).`,
      })),
    )
  },
})
