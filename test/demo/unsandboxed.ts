/** The demo on a machine without bubblewrap, told by one where there may be one. Started by a test. */
import { readOptions } from '../../demo/options.ts'
import { play } from '../../demo/play.ts'

const reading = readOptions(process.argv.slice(2), undefined)
if (reading.kind !== 'options') throw new Error('wrong options')
process.exitCode = await play(reading.options, {
  out: process.stdout,
  err: process.stderr,
  colour: false,
  signal: new AbortController().signal,
  bwrap: '/nonexistent/bwrap',
})
