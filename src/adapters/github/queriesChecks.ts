/** The checks of a commit in GraphQL: the fields that are asked for with a pull request, and the schema of a suite. */
import { z } from 'zod'

const suitesAsked = 50
const runsAsked = 100

export const suiteFields = `checkSuites(first: ${suitesAsked}) {
          pageInfo { hasNextPage }
          nodes {
            databaseId app { databaseId slug } status conclusion
            workflowRun { databaseId event file { path } }
            checkRuns(first: ${runsAsked}, filterBy: { checkType: LATEST }) {
              pageInfo { hasNextPage }
              nodes { databaseId name status conclusion externalId title summary }
            }
          }
        }`

const more = z.object({ hasNextPage: z.boolean() })
/** GitHub's schema calls them 32-bit and lets them be null; ids have long been larger, and are read as they come. */
const Id = z.number().int().nullish()
const lowered = z.string().transform((text) => text.toLowerCase())

export const SuiteNode = z.object({
  databaseId: Id,
  app: z.object({ databaseId: Id, slug: z.string() }).nullable(),
  status: lowered,
  conclusion: lowered.nullable(),
  workflowRun: z
    .object({ databaseId: Id, event: z.string(), file: z.object({ path: z.string() }).nullable() })
    .nullable(),
  checkRuns: z
    .object({
      pageInfo: more,
      nodes: z.array(
        z.object({
          databaseId: Id,
          name: z.string(),
          status: lowered,
          conclusion: lowered.nullable(),
          externalId: z.string().nullable(),
          title: z.string().nullable(),
          summary: z.string().nullable(),
        }),
      ),
    })
    .nullable(),
})
export type SuiteNode = z.infer<typeof SuiteNode>

/** Null where the query did not ask, or got what we do not know: then REST is asked. */
export const Suites = z
  .object({ pageInfo: more, nodes: z.array(SuiteNode) })
  .nullish()
  .catch(null)
