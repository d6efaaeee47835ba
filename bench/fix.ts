/** Measures fixes of review comments: requests to GitHub, bytes to the model against whole file and diff, time to be seen. */
import { countRequests } from '../demo/requests.ts'
import { patienceMs } from '../src/act/patience.ts'
import { commentOn, done, fixing, headText, openFixTown, path, replace, turn } from '../test/e2e/fixTown.ts'
import { repository } from '../test/e2e/town.ts'

const fixes = Number(process.argv[2] ?? 8)
/** A file of the size that people comment on: the forty lines of the tests, and some hundred more. */
const long = `${headText}${Array.from({ length: 600 }, (_, index) => `export const further${index} = ${index} // a line of ordinary length\n`).join('')}`

const town = await openFixTown()
const { github, model } = town.stage
/** GitHub's aim for one fix; what is held back for a moment is waited for, so that nothing is left out of the count. */
const aim = 15
const counted: number[] = []
const writes: number[] = []
const unchanged: number[] = []
const gitRequests: number[] = []
const bytes: number[] = []
const seenMs: number[] = []
let whole = 0
let diff = 0
for (let at = 0; at < fixes; at++) {
  town.script(fixing(`name ${at} is poor`, turn(replace('ten =', 'tenth =')), turn(done())))
  const pull = await town.change(`bench${at}`, { [path]: long })
  const comment = await commentOn(town, pull, town.ana, { line: 10 }, `The name ${at} is poor.`)
  await town.stage.settle()
  whole = Buffer.byteLength(long)
  diff = Buffer.byteLength(await town.git('diff', `main...${pull.head()}`))
  const [before, asked] = [github.requests.length, model.requests.length]
  const began = performance.now()
  const said = await town.ben.reply(repository, pull.number, comment, '/agent fix')
  await town.stage.until('the reaction', () =>
    [...github.state.reactions.values()].some((one) => one.subjectId === said) ? true : undefined,
  )
  seenMs.push(performance.now() - began)
  await pull.reply(comment, /Fixed in/)
  await town.stage.settle()
  await new Promise((resolve) => setTimeout(resolve, patienceMs))
  await town.stage.settle()
  const counts = countRequests(github, before)
  counted.push(counts.counted)
  writes.push(counts.writes)
  unchanged.push(counts.conditional)
  gitRequests.push(
    github.requests.slice(before).filter(({ path: to }) => /\/(git-|info\/refs)/.test(to)).length,
  )
  bytes.push(
    model.requests.slice(asked).reduce((sum, one) => sum + Buffer.byteLength(JSON.stringify(one.body)), 0),
  )
}
await town.close()

const ordered = (values: number[]) => [...values].sort((a, b) => a - b)
const at = (values: number[], share: number) =>
  Math.round(ordered(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0)
console.log(`fixes                        ${fixes}`)
console.log(
  `counted requests, to rest    median ${at(counted, 0.5)}, of them ${at(writes, 0.5)} writes (aim: under ${aim}); beside them ${at(unchanged, 0.5)} answered 304, ${at(gitRequests, 0.5)} of git`,
)
console.log(`bytes to the model a fix     median ${at(bytes, 0.5)} in all requests of its sessions`)
console.log(`  whole file once            ${whole}`)
console.log(`  whole diff once            ${diff}`)
console.log(`comment to reaction          p50 ${at(seenMs, 0.5)} ms, p95 ${at(seenMs, 0.95)} ms`)
