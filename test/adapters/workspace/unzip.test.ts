/** T16, T26, G18: what archives of CI may hold, and the sentence with which each trick is refused. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { unzip } from '../../../src/adapters/workspace/reports/unzip.ts'
import { zip } from '../../../world/ci/zip.ts'
import { type ArchiveEntry, archive, zip64Field, zip64Locator } from '../../support/archive.ts'

const good = { name: 'lcov.info', text: 'SF:a.ts\n' }

describe('what is read', () => {
  test('stored and deflated files, in folders, with names in any alphabet', async () => {
    const bytes = archive([
      { name: 'coverage/', mode: 0o040755 },
      { name: 'coverage/lcov.info', text: 'deflated' },
      { name: 'größe.json', text: 'stored', method: 0 },
      { name: 'page.html', text: 'not asked for' },
    ])
    const found = await unzip(bytes, ['coverage/lcov.info', 'größe.json', 'none.txt'])
    expect(found.ok && [...found.value]).toEqual([
      ['coverage/lcov.info', { ok: true, value: 'deflated' }],
      ['größe.json', { ok: true, value: 'stored' }],
      ['none.txt', { ok: false, problem: expect.stringContaining('missing') }],
    ])
  })
  test('the archives of the stand-in, which unzip reads as well', async () => {
    const own = await unzip(zip([{ name: 'a/b.txt', bytes: Buffer.from('b') }]), ['a/b.txt'])
    expect(own.ok && own.value.get('a/b.txt')).toEqual({ ok: true, value: 'b' })
  })
})

const zeros = (megabytes: number) => Buffer.alloc(megabytes * 1024 * 1024)
/** Random letters: they pack badly, so that only the size is wrong. */
const noise = (megabytes: number) => {
  const bytes = zeros(megabytes)
  let state = 1
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    bytes[at] = 33 + ((state >> 16) & 63)
  }
  return bytes
}

describe('T26: what is refused', () => {
  test.each<[string, () => Buffer, string]>([
    ['no archive', () => Buffer.from('PK, or is it?'), 'refused'],
    ['nothing', () => Buffer.alloc(0), 'refused'],
    ['a cut archive', () => archive([good]).subarray(0, -5), 'refused'],
    ['a zip bomb', () => archive([good, { name: 'bomb', text: zeros(20) }]), 'zip bomb'],
    ['a bomb that hides its size', () => archive([{ ...good, text: zeros(20), size: 8 }]), 'refused'],
    ['a path out of it', () => archive([good, { name: '../../etc/cron.d/x' }]), 'refused'],
    ['a path out of a folder', () => archive([good, { name: 'a/../../x' }]), 'refused'],
    ['an absolute path', () => archive([good, { name: '/etc/passwd' }]), 'refused'],
    ['a drive', () => archive([good, { name: 'C:/x' }]), 'refused'],
    ['a backslash', () => archive([good, { name: '..\\x' }]), 'refused'],
    ['a NUL in a name', () => archive([good, { name: 'lcov.info\0.png' }]), 'control character'],
    ['a link', () => archive([good, { name: 'x', text: '/etc/passwd', mode: 0o120777 }]), 'symbolic link'],
    ['a device', () => archive([good, { name: 'x', mode: 0o020666 }]), 'not a regular file'],
    ['two of one name', () => archive([good, { ...good, text: 'other' }]), 'two files named'],
    ['two of one name in two forms', () => archive([{ name: 'ä' }, { name: 'a\u0308' }]), 'two files named'],
    ['encryption', () => archive([{ ...good, method: 0, flags: 0x801 }]), 'refused|encrypted'],
    ['strong encryption', () => archive([{ ...good, flags: 0x841 }]), 'refused'],
    ['zip64 by a field', () => archive([{ ...good, extra: zip64Field }]), 'zip64'],
    ['zip64 by its locator', () => archive([good], zip64Locator), 'zip64'],
    [
      'too many files',
      () => archive(Array.from({ length: 20_001 }, (_, at) => ({ name: `${at}` }))),
      '20001 files',
    ],
    [
      'sizes that add up',
      () =>
        archive(
          Array.from(
            { length: 20 },
            (_, at): ArchiveEntry => ({ name: `${at}`, method: 8, text: noise(1), size: 60 * 1024 * 1024 }),
          ),
        ),
      '1024 MB',
    ],
  ])('%s', async (_, make, words) => {
    const found = await unzip(make(), ['lcov.info'])
    expect(found).toEqual({ ok: false, problem: expect.stringMatching(words) })
  })

  test.each<[string, ArchiveEntry, string]>([
    ['a report of 21 MB', { ...good, text: noise(21) }, 'larger than 20 MB'],
    ['another way of packing', { ...good, method: 14 }, 'packed in a way'],
    ['a wrong checksum', { ...good, checksum: 1 }, 'checksum'],
  ])('%s spoils that report alone', async (_, entry, words) => {
    const found = await unzip(archive([entry, { name: 'other.txt', text: 'fine' }]), [
      'lcov.info',
      'other.txt',
    ])
    expect(found.ok && found.value.get('lcov.info')).toEqual({
      ok: false,
      problem: expect.stringContaining(words),
    })
    expect(found.ok && found.value.get('other.txt')).toEqual({ ok: true, value: 'fine' })
  })

  test('any damage is an answer, never a crash and never other contents', async () => {
    const whole = archive([good, { name: 'b', text: 'b'.repeat(500) }])
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), async (at, byte) => {
        const bytes = Buffer.from(whole)
        bytes[at] = byte
        const found = await unzip(bytes, ['lcov.info'])
        if (!found.ok) return
        const report = found.value.get('lcov.info')
        if (report?.ok) expect(report.value).toBe(good.text)
      }),
      { numRuns: 500 },
    )
  })
})
