import { expect, it } from 'vitest'
import { addressKey } from './address-key.js'

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:10.0.0.1', '10.0.0.1'],
  ['0:0:0:0:0:ffff:a00:1', '10.0.0.1'],
  ['::ffff:a00:1', '10.0.0.1'],
  ['64:ff9b::10.0.0.1', '10.0.0.1'],
  ['10.0.0.1:443', '10.0.0.1'],
  ['[2001:db8:1:2::1]:443', '2001:db8:1:2:0:0:0:0/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:0:0:0:0/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2:0:0:0:0/64'],
  ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:0/64'],
  ['::1', '0:0:0:0:0:0:0:0/64'],
  ['', ''],
  ['/run/app.sock', '/run/app.sock'],
  ['10.0.0', '10.0.0'],
])('counts %j as %j', (address, key) => {
  expect(addressKey(address)).toBe(key)
})

it('keeps as many bits as it is told', () => {
  expect(addressKey('2001:db8:abcd:12ff::1', 56)).toBe('2001:db8:abcd:1200:0:0:0:0/56')
  expect(addressKey('2001:db8:abcd:12ff::1', 48)).toBe('2001:db8:abcd:0:0:0:0:0/48')
  expect(addressKey('2001:db8::1:2', 128)).toBe('2001:db8:0:0:0:0:1:2/128')
  expect(addressKey('ffff::1', 1)).toBe('8000:0:0:0:0:0:0:0/1')
})
