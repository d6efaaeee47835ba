/** Cobertura XML, as coverage.py, coverlet and gocover-cobertura write it. */
import type { CoverageReport } from '../../../core/reports.ts'
import { createCoverageCounter } from './coverage.ts'
import type { Parsed, PathResolver } from './read.ts'
import { readXml } from './xml.ts'

/** Read a report. A file name is tried as it stands, then below each `<source>`. */
export function parseCobertura(text: string, resolve: PathResolver): Parsed<CoverageReport> {
  const sources: string[] = []
  const below: PathResolver = (written) => {
    const direct = resolve(written)
    if (direct !== null) return direct
    for (const source of sources) {
      const found = resolve(`${source.replace(/\/$/, '')}/${written}`)
      if (found !== null) return found
    }
    return null
  }
  const counter = createCoverageCounter(below)
  let file = ''
  let inSource = false
  let rootSeen = false
  const read = readXml(text, {
    open(name, attributes) {
      rootSeen ||= name === 'coverage'
      inSource = name === 'source'
      if (name === 'class') file = attributes['filename'] ?? ''
      if (name === 'line' && file !== '')
        counter.add(file, Number(attributes['number']), Number(attributes['hits']))
    },
    text(value) {
      if (inSource && sources.length < 100) sources.push(value.trim())
    },
    close(name) {
      if (name === 'source') inSource = false
      if (name === 'class') file = ''
    },
  })
  if (!read.ok) return read
  return rootSeen ? counter.finish('cobertura') : { ok: false, problem: 'it holds no <coverage>' }
}
