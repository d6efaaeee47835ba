/** Prior-art references in GraphQL: which paths exist at a commit, however many, in one query. */
import { z } from 'zod'

/** @param paths how many are asked for: the variables `p0`, `p1` and so on each hold a commit and a path, `<sha>:<path>`. */
export function pathsQuery(paths: number) {
  const numbers = Array.from({ length: paths }, (_, at) => at)
  const variables = numbers.map((at) => `$p${at}: String!`).join(', ')
  const fields = numbers.map((at) => `p${at}: object(expression: $p${at}) { oid }`).join(' ')
  return {
    what: 'look for paths at a commit',
    writes: false,
    text: `query Paths($owner: String!, $name: String!, ${variables}) {
  repository(owner: $owner, name: $name) { ${fields} }
}`,
  }
}

export const PathsAnswer = z.object({
  repository: z.record(z.string(), z.object({ oid: z.string() }).nullable()).nullable(),
})
