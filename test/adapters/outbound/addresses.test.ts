/** Which addresses are inside, in every spelling, and what an allow list opens. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { allowanceOf, specialKind } from '../../../src/adapters/outbound/addresses.ts'
import { readOutbound } from '../../../src/environment/outbound.ts'

describe('T35: special addresses', () => {
  test.each([
    ['0.0.0.0', 'an unspecified'],
    ['10.1.2.3', 'a private'],
    ['100.64.0.1', 'a private'],
    ['100.127.255.255', 'a private'],
    ['127.0.0.1', 'a loopback'],
    ['127.255.255.254', 'a loopback'],
    ['169.254.169.254', 'a link-local'],
    ['172.16.0.1', 'a private'],
    ['172.31.255.255', 'a private'],
    ['192.0.0.8', 'a reserved'],
    ['192.168.255.1', 'a private'],
    ['198.19.0.1', 'a reserved'],
    ['203.0.113.7', 'a reserved'],
    ['224.0.0.1', 'a multicast'],
    ['255.255.255.255', 'a reserved'],
    ['::', 'an unspecified'],
    ['::1', 'a loopback'],
    ['::127.0.0.1', 'a reserved'],
    ['::ffff:8.8.8.8', 'an IPv4-mapped'],
    ['::ffff:7f00:1', 'an IPv4-mapped'],
    ['::FFFF:10.0.0.1', 'an IPv4-mapped'],
    ['64:ff9b::a00:1', 'a NAT64'],
    ['64:ff9b:1::a00:1', 'a NAT64'],
    ['100::1', 'a reserved'],
    ['2001::1', 'a reserved'],
    ['2001:db8::1', 'a reserved'],
    ['2002:7f00:1::', 'a reserved'],
    ['fd00::1', 'a private'],
    ['fe80::1', 'a link-local'],
    ['fe80::1%eth0', 'an unusual'],
    ['fec0::1', 'a reserved'],
    ['ff02::1', 'a multicast'],
    ['localhost', 'an unusual'],
    ['8.8.8.8', null],
    ['100.63.255.255', null],
    ['172.32.0.1', null],
    ['2606:4700::1111', null],
    ['2001:4860:4860::8888', null],
  ])('%s: %s', (address, kind) => {
    expect(specialKind(address)).toBe(kind)
  })

  test('no IPv6 form that carries an IPv4 address inside is an ordinary one', () => {
    fc.assert(
      fc.property(fc.ipV4(), (inside) => {
        const hex = inside
          .split('.')
          .map((part) => Number(part).toString(16).padStart(2, '0'))
          .join('')
        const groups = `${hex.slice(0, 4)}:${hex.slice(4)}`
        for (const form of [`::ffff:${groups}`, `::${groups}`, `64:ff9b::${groups}`, `2002:${groups}::1`])
          expect(specialKind(form)).not.toBeNull()
      }),
    )
  })
})

describe('T35: the allow list', () => {
  const allow = (text: string) => {
    const mistakes: string[] = []
    const { allow: entries } = readOutbound({ OUTBOUND_ALLOW: text }, mistakes)
    expect(mistakes).toEqual([])
    return allowanceOf(entries)
  }
  test.each([
    ['metrics.internal', 'http://metrics.internal:9090/', true],
    ['metrics.internal', 'https://METRICS.internal./', true],
    ['metrics.internal', 'http://a.metrics.internal/', false],
    ['metrics.internal:9090', 'http://metrics.internal:9090/', true],
    ['metrics.internal:9090', 'http://metrics.internal/', false],
    ['metrics.internal:443', 'https://metrics.internal/', true],
    ['metrics.internal:80', 'https://metrics.internal/', false],
    ['[fd00::1]:9090', 'http://[fd00:0::1]:9090/', true],
    ['127.0.0.1:9090', 'http://2130706433:9090/', true],
    ['127.0.0.1:9090', 'http://127.0.0.1:9091/', false],
  ])('%s names %s: %s', (entry, url, named) => {
    expect(allow(entry).host(new URL(url))).toBe(named)
  })
  test.each([
    ['10.20.0.0/16, 127.0.0.1', '10.20.3.4', true],
    ['10.20.0.0/16, 127.0.0.1', '127.0.0.1', true],
    ['10.20.0.0/16, 127.0.0.1', '10.21.3.4', false],
    ['10.20.0.0/16', '::ffff:10.20.3.4', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', 'fe80::1', false],
    ['64:ff9b::/96', '64:ff9b::808:808', true],
    ['', '10.0.0.1', false],
  ])('%s holds %s: %s', (entries, address, held) => {
    expect(allow(entries).address(address)).toBe(held)
  })
})
